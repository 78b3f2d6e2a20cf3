#include "runnel/cli/command_line.h"
#include "runnel/cli/commands.h"
#include "runnel/cli/terminal.h"
#include "runnel/server/log_writer.h"
#include "runnel/server/server.h"

#include <fmt/core.h>

#include <memory>

namespace runnel::cli {

namespace {

void print_banner(const server::Server& server, const server::LoadedConfig& loaded) {
  const std::string url = server.url();
  const std::string host = url.substr(url.find("//") + 2);
  print(fmt::format(
      "\n"
      "  Runnel is running{}\n"
      "\n"
      "    demo workspace     {}/\n"
      "    dashboard          {}/_/      (secret: {}/admin.secret)\n"
      "    y-partykit         new YPartyKitProvider(\"{}\", \"my-room\", doc)\n"
      "    y-partyserver      new YProvider(\"{}\", \"my-room\", doc)\n"
      "    y-websocket        new WebsocketProvider(\"ws://{}{}\", \"my-room\", doc)\n"
      "\n"
      "  Whoever reaches this address may edit rooms that no one owns: this is for development.\n"
      "  For the rest there is `runnel serve`; README.md says where to go next. Ctrl-C stops it.\n"
      "\n",
      loaded.name.empty() ? "" : " for " + loaded.name, url, url, loaded.config.server.data_dir,
      host, host, host, loaded.config.rooms.yjs_prefix));
}

}  // namespace

int run_server(const server::LoadedConfig& loaded, RunMode mode) {
  const SystemTime time;
  server::LogWriter log(loaded.config.log, time);
  for (const std::string& warning : loaded.warnings) log.warning(warning);
  const bool dev = mode == RunMode::Dev;
  auto server = server::Server::start({.loaded = loaded, .dev = dev}, log, time);
  if (!server) return report_error(to_string(server.error()));
  if (dev) print_banner(**server, loaded);
  (*server)->wait_for_signal();
  log.info("stopping: rooms are saved, then connections closed");
  (*server)->stop();
  log.info("stopped");
  return kSuccess;
}

}  // namespace runnel::cli
