#include "runnel/cli/command_line.h"

#include "runnel/cli/bench_command.h"
#include "runnel/cli/commands.h"
#include "runnel/cli/doc_flags.h"
#include "runnel/cli/terminal.h"
#include "runnel/server/config_sources.h"
#include "runnel/server/setting_values.h"

#include <CLI/CLI.hpp>
#include <fmt/core.h>
#include <unistd.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runnel::cli {

namespace {

// What all commands share, filled in while the arguments are parsed.
struct Invocation {
  std::string config_file;
  std::vector<std::string> sets;
  std::string port;
  std::string host;
  std::string data;
  std::function<int(const server::LoadedConfig&)> command;
  std::function<int()> plain_command;  // instead, where no setting matters
};

using Action = std::function<int(const server::LoadedConfig&)>;

std::vector<std::pair<std::string, std::string>> read_environment() {
  std::vector<std::pair<std::string, std::string>> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return variables;
}

Result<server::LoadedConfig> load(const Invocation& invocation) {
  server::ConfigSources sources;
  if (!invocation.config_file.empty()) sources.file = invocation.config_file;
  sources.environment = read_environment();
  const auto add = [&sources](const char* key, const char* flag, const std::string& value) {
    if (!value.empty())
      sources.command_line.push_back({key, value, fmt::format("{} {}", flag, value)});
  };
  add("server.host", "--host", invocation.host);
  add("server.port", "--port", invocation.port);
  add("server.data_dir", "--data", invocation.data);
  for (const std::string& set : invocation.sets) {
    const std::size_t equals = set.find('=');
    if (equals == std::string::npos) {
      return fail(Errc::Invalid,
                  "--set " + set + ": expected key=value, such as save.interval=30s");
    }
    sources.command_line.push_back(
        {std::string(server::trim(set.substr(0, equals))), set.substr(equals + 1), "--set " + set});
  }
  return server::load_config(sources);
}

void add_config_flags(CLI::App& command, Invocation& invocation) {
  command.add_option("--config", invocation.config_file,
                     "configuration file (default runnel.toml)");
  command.add_option("--set", invocation.sets, "set one key: --set save.interval=30s")
      ->allow_extra_args(false);
  command.add_option("--data", invocation.data, "data directory (default .runnel)");
}

CLI::App& add_command(CLI::App& parent, Invocation& invocation, const char* name,
                      const char* meaning, const char* examples, Action action) {
  CLI::App* const command = parent.add_subcommand(name, meaning);
  add_config_flags(*command, invocation);
  if (*examples != '\0') command->footer(std::string("Examples:\n") + examples);
  command->callback([&invocation, action = std::move(action)] { invocation.command = action; });
  return *command;
}

void add_listen_flags(CLI::App& command, Invocation& invocation) {
  command.add_option("--port", invocation.port, "port (default 1999; 0: any free one)");
  command.add_option("--host", invocation.host, "address to listen on (default 127.0.0.1)");
}

int show_config(const server::LoadedConfig& loaded, bool explained, const std::string& key) {
  if (!explained && key.empty()) {
    print(server::describe_config(loaded));
    return kSuccess;
  }
  const Result<std::string> text = server::explain_config(loaded, key);
  if (!text) {
    (void)report_error(to_string(text.error()), "`runnel config` shows all settings");
    return kUsage;
  }
  print(*text);
  return kSuccess;
}

void add_config_command(CLI::App& app, Invocation& invocation) {
  const auto key = std::make_shared<std::string>();
  const auto explained = std::make_shared<bool>(false);
  CLI::App& command = add_command(
      app, invocation, "config", "Print the effective settings and where each came from",
      "  runnel config\n"
      "  runnel config save                  what the settings below `save` mean\n"
      "  runnel config --explain             what all of them mean\n"
      "  RUNNEL_SAVE_INTERVAL=10s runnel config\n",
      [key, explained](const server::LoadedConfig& loaded) {
        return show_config(loaded, *explained, *key);
      });
  command.add_option("key", *key, "explain this setting, or those of a group");
  command.add_flag("--explain", *explained, "say what each setting means");
  add_listen_flags(command, invocation);
}

void add_server_commands(CLI::App& app, Invocation& invocation) {
  add_listen_flags(
      add_command(
          app, invocation, "dev", "Run with everything embedded; whoever connects may edit",
          "  runnel dev\n  runnel dev --port 2000 --data /tmp/rooms\n",
          [](const server::LoadedConfig& loaded) { return run_server(loaded, RunMode::Dev); }),
      invocation);
  add_listen_flags(
      add_command(
          app, invocation, "serve", "Run for production; closed unless auth says otherwise",
          "  runnel serve --config /etc/runnel.toml\n"
          "  CONVEX_SITE_URL=https://app.example PARTYKIT_SECRET=… runnel serve --host 0.0.0.0\n",
          [](const server::LoadedConfig& loaded) { return run_server(loaded, RunMode::Serve); }),
      invocation);
  add_config_command(app, invocation);
}

// Options live as long as the parsed command that reads them.
CLI::App& add_room_command(CLI::App& rooms, Invocation& invocation,
                           const std::shared_ptr<RoomChoice>& room, const char* name,
                           const char* meaning, const char* examples, Action action) {
  CLI::App& command = add_command(rooms, invocation, name, meaning, examples, std::move(action));
  command.add_option("room", room->name, "name of the room")->required();
  command.add_option("--party", room->party, "its party (default main)");
  return command;
}

void add_rooms_list(CLI::App& rooms, Invocation& invocation) {
  const auto options = std::make_shared<RoomsList>();
  CLI::App& command = add_command(
      rooms, invocation, "ls", "List rooms",
      "  runnel rooms ls\n  runnel rooms ls --contains doc- --json\n",
      [options](const server::LoadedConfig& loaded) { return list_rooms(loaded, *options); });
  command.add_option("--contains", options->contains, "only rooms whose name contains this");
  command.add_flag("--deleted", options->deleted, "deleted ones too");
  command.add_flag("--json", options->json, "as JSON, one page per line");
}

void add_rooms_commands(CLI::App& app, Invocation& invocation) {
  CLI::App* const rooms = app.add_subcommand("rooms", "Look at rooms and what is stored of them");
  rooms->require_subcommand(1);
  add_rooms_list(*rooms, invocation);
  const auto room = std::make_shared<RoomChoice>();
  const auto file = std::make_shared<std::string>();
  add_room_command(*rooms, invocation, room, "show", "Numbers of one room",
                   "  runnel rooms show doc-1\n",
                   [room](const server::LoadedConfig& loaded) { return show_room(loaded, *room); });
  add_room_command(*rooms, invocation, room, "export",
                   "Write the room's full state (Yjs update V1)",
                   "  runnel rooms export doc-1 -o doc-1.update\n"
                   "  runnel rooms export doc-1 | runnel doc show - --root content=text\n",
                   [room, file](const server::LoadedConfig& loaded) {
                     return export_room(loaded, *room, *file);
                   })
      .add_option("-o,--output", *file, "file to write (default standard output)");
  add_room_command(*rooms, invocation, room, "import",
                   "Merge a full state or an update into the room",
                   "  runnel rooms import doc-1 doc-1.update\n",
                   [room, file](const server::LoadedConfig& loaded) {
                     return import_room(loaded, *room, *file);
                   })
      .add_option("file", *file, "update file, V1 or V2; - is standard input")
      ->required();
  add_room_command(*rooms, invocation, room, "rm", "Delete the room; its clients are put out",
                   "  runnel rooms rm doc-1\n", [room](const server::LoadedConfig& loaded) {
                     return remove_room(loaded, *room);
                   });
  add_room_command(*rooms, invocation, room, "compact", "Fold the room's log into its snapshot",
                   "  runnel rooms compact doc-1\n", [room](const server::LoadedConfig& loaded) {
                     return compact_room(loaded, *room);
                   });
}

void add_data_commands(CLI::App& app, Invocation& invocation) {
  const auto path = std::make_shared<std::string>();
  add_command(app, invocation, "backup", "Copy the data, also of a running server",
              "  runnel backup /backups/2026-11-20\n",
              [path](const server::LoadedConfig& loaded) { return backup(loaded, *path); })
      .add_option("target", *path, "folder to make")
      ->required();
  const auto replace = std::make_shared<bool>(false);
  CLI::App& back = add_command(app, invocation, "restore",
                               "Put a backup into a data directory that no server holds",
                               "  runnel restore /backups/2026-11-20 --data /var/lib/runnel\n",
                               [path, replace](const server::LoadedConfig& loaded) {
                                 return restore(loaded, *path, *replace);
                               });
  back.add_option("source", *path, "folder that `runnel backup` made")->required();
  back.add_flag("--replace", *replace, "over the data that is there");
  add_command(app, invocation, "verify", "Check whether what is stored is whole",
              "  runnel verify --data /var/lib/runnel\n",
              [](const server::LoadedConfig& loaded) { return verify(loaded); });
}

void add_token_command(CLI::App& app, Invocation& invocation) {
  CLI::App* const token = app.add_subcommand("token", "Tokens for clients");
  token->require_subcommand(1);
  const auto request = std::make_shared<TokenRequest>();
  const auto lifetime = std::make_shared<std::string>("5m");
  CLI::App& mint = add_command(
      *token, invocation, "mint", "Sign a token for one user and one room (auth.mode = hmac)",
      "  PARTYKIT_SECRET=… runnel token mint --room doc-1 --user ada --access view --ttl 1h\n",
      [request, lifetime](const server::LoadedConfig& loaded) {
        const Result<Duration> duration = server::parse_duration(*lifetime);
        if (!duration) return report_error("--ttl " + *lifetime + ": " + duration.error().detail);
        request->lifetime = *duration;
        return mint_token(loaded, *request);
      });
  mint.add_option("--room", request->room, "room as the backend calls it: doc-1, presence-w1")
      ->required();
  mint.add_option("--user", request->user, "id of the user; guest:… for guests");
  mint.add_option("--name", request->name, "name for people (default: the id)");
  mint.add_option("--access", request->access, "edit, view or comment");
  mint.add_option("--ttl", *lifetime, "how long it is good for (default 5m)");
}

void add_bench_command(CLI::App& app, Invocation& invocation) {
  const auto request = std::make_shared<BenchRequest>();
  CLI::App* const bench = app.add_subcommand(
      "bench", "Put a server under load from many clients and print what that cost");
  bench->footer(
      "Without --url it starts a server of its own, with defaults and a fresh data directory.\n"
      "Examples:\n"
      "  runnel bench\n"
      "  runnel bench --rooms 1 --clients 50 --writers 10 --rate 100\n"
      "  runnel bench --idle 10000 --rooms 100\n"
      "  runnel bench --url ws://127.0.0.1:1999/yjs/?token=… --pid $(pidof runnel) --json\n");
  bench->add_option("--url", request->url, "y-websocket address of a server that runs");
  bench->add_option("--pid", request->pid, "its process, for its CPU time and memory");
  bench->add_option("--rooms", request->rooms, "rooms (default 20)");
  bench->add_option("--clients", request->clients, "clients in each room (default 10)");
  bench->add_option("--writers", request->writers, "how many of them write (default 10)");
  bench->add_option("--rate", request->rate, "updates per second of each writer (default 5)");
  bench->add_option("--seconds", request->seconds, "how long they write (default 5)");
  bench->add_flag("--awareness", request->awareness, "cursors instead of text");
  bench->add_option("--idle", request->idle, "that many connections that do nothing, instead");
  bench->add_flag("--json", request->json, "one line of JSON");
  bench->callback([&invocation, request] {
    invocation.plain_command = [request] { return run_bench(*request); };
  });
}

std::vector<std::string_view> flags_of(const CLI::App& app) {
  std::vector<std::string_view> flags;
  for (const CLI::Option* const option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.emplace_back(name);
  }
  return flags;
}

const CLI::App& innermost(const CLI::App& app) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.front());
}

std::vector<std::string_view> commands_of(const CLI::App& app) {
  std::vector<std::string_view> names;
  for (const CLI::App* const each : app.get_subcommands({})) names.emplace_back(each->get_name());
  return names;
}

// What was written that nothing there is called: a word where a command was expected, with the
// command that was meant, or a flag. "" when there is none.
std::string unknown_word(const CLI::App& command) {
  const std::vector<std::string> rest = command.remaining(true);
  if (rest.empty()) return {};
  const std::string& word = rest.front();
  if (commands_of(command).empty()) {
    if (!word.starts_with('-') || word == "--") return {};
    const bool may_be_name = !word.starts_with("--");
    return "there is no flag " + word + (may_be_name ? "; a name like that stands behind --" : "");
  }
  const std::string_view meant = server::nearest(word, commands_of(command));
  return fmt::format("there is no {} '{}'{}", word.starts_with('-') ? "flag" : "command", word,
                     meant.empty() ? "" : fmt::format("; did you mean {}?", meant));
}

// A flag that was misspelt, the flag that was meant, and where the rest is explained.
int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& command = innermost(app);
  std::string command_name;
  for (const CLI::App* each = &command; each != nullptr; each = each->get_parent()) {
    command_name.insert(0, command_name.empty() ? "" : " ");
    command_name.insert(0, each->get_name());
  }
  std::string what = unknown_word(command);
  if (what.empty()) what = error.what();
  const std::size_t dashes = what.find("--");
  if (dashes != std::string::npos) {
    const std::string written =
        what.substr(dashes + 2, what.find_first_of(" =:", dashes) - dashes - 2);
    const std::string_view meant = server::nearest(written, flags_of(command));
    if (!meant.empty() && meant != written) what += fmt::format("; did you mean --{}?", meant);
  }
  (void)report_error(what, fmt::format("`{} --help` shows what there is", command_name));
  return kUsage;
}

}  // namespace

int run_command_line(std::span<char* const> arguments) {
  Invocation invocation;
  CLI::App app("Runnel: a self-hosted collaboration server for Yjs applications", "runnel");
  app.require_subcommand(1);
  app.set_version_flag("--version", RUNNEL_VERSION);
  app.footer("`runnel COMMAND --help` has the flags and examples of a command.");
  add_server_commands(app, invocation);
  add_rooms_commands(app, invocation);
  add_data_commands(app, invocation);
  add_token_command(app, invocation);
  add_bench_command(app, invocation);
  add_doc_commands(app, [&invocation](std::function<int()> command) {
    invocation.plain_command = std::move(command);
  });
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::Success& done) {  // --help, --version
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error);
  }
  if (invocation.plain_command) return invocation.plain_command();
  const Result<server::LoadedConfig> loaded = load(invocation);
  if (!loaded) {
    (void)report_error(to_string(loaded.error()), "`runnel config` shows all settings");
    return kUsage;
  }
  return invocation.command(*loaded);
}

}  // namespace runnel::cli
