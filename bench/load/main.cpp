// load_generator: puts a server under load from outside and prints what it cost, as one line of
// JSON. See bench/README.md; bench/compare.py runs it against several servers.
#include "runnel/load/idle.h"
#include "runnel/load/traffic.h"

#include "cold_start.h"
#include <CLI/CLI.hpp>

#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace {

using runnel::load::Dialect;

void add_endpoint(CLI::App& app, runnel::load::Endpoint& endpoint) {
  const std::map<std::string, Dialect> dialects{{"y-websocket", Dialect::YWebsocket},
                                                {"hocuspocus", Dialect::Hocuspocus}};
  app.add_option("--host", endpoint.host, "numeric address of the server");
  app.add_option("--port", endpoint.port, "port of the server")->required();
  app.add_option("--prefix", endpoint.prefix, "path before the room's name");
  app.add_option("--dialect", endpoint.dialect, "how the server is spoken to")
      ->transform(CLI::CheckedTransformer(dialects));
}

std::vector<std::string> numbered(const std::string& name, unsigned count) {
  std::vector<std::string> rooms;
  for (unsigned i = 0; i < count; ++i) rooms.push_back(name + "-" + std::to_string(i));
  return rooms;
}

template <class Report>
int print(const runnel::Result<Report>& report) {
  if (!report) {
    std::fprintf(stderr, "%s\n", runnel::to_string(report.error()).c_str());
    return 1;
  }
  std::printf("%s\n", to_json(*report).c_str());
  if (!report->problem.empty()) std::fprintf(stderr, "%s\n", report->problem.c_str());
  return report->problem.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("puts a collaboration server under load");
  app.require_subcommand(1);
  runnel::load::Endpoint endpoint;
  add_endpoint(app, endpoint);
  int pid = 0;
  app.add_option("--pid", pid, "process of the server, for its CPU time and memory");

  runnel::load::TrafficOptions traffic;
  CLI::App* const traffic_command = app.add_subcommand("traffic", "writers at a steady rate");
  traffic_command->add_option("--rooms", traffic.rooms);
  traffic_command->add_option("--clients", traffic.clients_per_room);
  traffic_command->add_option("--writers", traffic.writers_per_room);
  traffic_command->add_option("--rate", traffic.updates_per_second, "of each writer, per second");
  traffic_command->add_option("--seconds", traffic.seconds);
  traffic_command->add_flag("--awareness", traffic.is_awareness, "cursors instead of text");

  runnel::load::IdleOptions idle;
  CLI::App* const idle_command = app.add_subcommand("idle", "connections that do nothing");
  idle_command->add_option("--connections", idle.connections);
  idle_command->add_option("--rooms", idle.rooms);
  idle_command->add_option("--in-flight", idle.in_flight_max);

  std::string name;
  unsigned count = 1;
  std::size_t bytes = 0;
  CLI::App* const seed_command = app.add_subcommand("seed", "write documents of a size");
  CLI::App* const cold_command = app.add_subcommand("cold", "join rooms that nobody is in");
  for (CLI::App* command : {seed_command, cold_command}) {
    command->add_option("--name", name, "rooms are NAME-0, NAME-1, ...")->required();
    command->add_option("--count", count);
    command->add_option("--bytes", bytes, "size of each document")->required();
  }
  bool together = false;
  cold_command->add_flag("--together", together, "all at once instead of one after the other");
  CLI11_PARSE(app, argc, argv);

  if (traffic_command->parsed()) {
    traffic.server_pid = pid;
    return print(runnel::load::run_traffic(endpoint, traffic));
  }
  if (idle_command->parsed()) {
    idle.server_pid = pid;
    return print(runnel::load::run_idle(endpoint, idle));
  }
  const std::vector<std::string> rooms = numbered(name, count);
  if (seed_command->parsed()) return runnel::load::run_seed(endpoint, rooms, bytes);
  return runnel::load::run_cold_start(
      endpoint,
      {.rooms = rooms, .together = together, .bytes_min = bytes * 9 / 10, .server_pid = pid});
}
