#include "runnel/cli/bench_command.h"

#include "runnel/cli/bench_server.h"
#include "runnel/cli/command_line.h"
#include "runnel/cli/terminal.h"
#include "runnel/load/idle.h"
#include "runnel/load/traffic.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::cli {

namespace {

constexpr unsigned kConnectionsMax = 100'000;
constexpr std::string_view kExpectedUrl = "expected ws://127.0.0.1:1999/yjs/ or the like";

// ws://ADDRESS[:PORT][/PREFIX][?QUERY]
Result<load::Endpoint> parse_url(std::string_view url) {
  const std::string_view all = url;
  const auto wrong = [all](std::string_view why) {
    return fail(Errc::Invalid, fmt::format("--url {}: {}; {}", all, why, kExpectedUrl));
  };
  if (!url.starts_with("ws://")) return wrong("only ws:// is spoken");
  url.remove_prefix(5);
  load::Endpoint endpoint{.port = 80};
  if (const std::size_t at = url.find('?'); at != std::string_view::npos) {
    endpoint.query = url.substr(at + 1);
    url = url.substr(0, at);
  }
  if (const std::size_t at = url.find('/'); at != std::string_view::npos) {
    endpoint.prefix = url.substr(at);
    if (!endpoint.prefix.ends_with('/')) endpoint.prefix += '/';
    url = url.substr(0, at);
  }
  if (const std::size_t at = url.rfind(':'); at != std::string_view::npos && !url.ends_with(']')) {
    const std::string_view digits = url.substr(at + 1);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
    if (error != std::errc() || end != digits.data() + digits.size()) return wrong("no port");
    url = url.substr(0, at);
  }
  if (url.starts_with('[') && url.ends_with(']')) url = url.substr(1, url.size() - 2);
  endpoint.host = url == "localhost" ? "127.0.0.1" : std::string(url);
  if (endpoint.host.find_first_not_of("0123456789abcdefABCDEF.:") != std::string::npos ||
      endpoint.host.empty()) {
    return wrong("the host has to be an address, no name");
  }
  return endpoint;
}

Result<void> check(const BenchRequest& request) {
  if (request.idle > kConnectionsMax ||
      static_cast<std::uint64_t>(request.rooms) * request.clients > kConnectionsMax) {
    return fail(Errc::Invalid, fmt::format("more than {} connections", kConnectionsMax));
  }
  if (request.rooms == 0 || request.clients == 0) {
    return fail(Errc::Invalid, "--rooms and --clients have to be at least 1");
  }
  if (request.writers > request.clients) {
    return fail(Errc::Invalid, fmt::format("--writers {} are more than --clients {}",
                                           request.writers, request.clients));
  }
  if (request.rate <= 0 || request.rate > 100'000 || request.seconds <= 0 ||
      request.seconds > 3600) {
    return fail(Errc::Invalid, "--rate and --seconds have to be above 0; at most 100,000 and 3600");
  }
  return {};
}

// A connection is a file: as many as the system lets us have.
void raise_file_limit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

std::string of_server(bool is_known, const std::string& figure) {
  return is_known ? figure : "unknown without --pid";
}

void show(const load::TrafficReport& report, const BenchRequest& request, bool is_known) {
  print(fmt::format("{} rooms x {} clients, {} of them writing {} {}/s each, for {:.1f} s\n\n",
                    request.rooms, request.clients, request.writers, request.rate,
                    request.awareness ? "cursors" : "updates", report.seconds));
  print_table(
      {{"written", fmt::format("{}", report.written)},
       {"delivered", fmt::format("{} of {} ({:.0f} a second)", report.delivered, report.expected,
                                 static_cast<double>(report.delivered) / report.seconds)},
       {"latency", fmt::format("p50 {:.2f} ms, p99 {:.2f} ms", report.p50_ms, report.p99_ms)},
       {"server's CPU", of_server(is_known, fmt::format("{:.2f} us for each delivered",
                                                        report.cpu_us_per_delivered()))},
       {"server's memory", of_server(is_known, fmt::format("{:.1f} MB", report.resident_mb))}});
}

void show(const load::IdleReport& report, const BenchRequest& request, bool is_known) {
  print(fmt::format("{} connections in {} rooms\n\n", request.idle, request.rooms));
  print_table(
      {{"joined", fmt::format("{} of {}", report.joined, request.idle)},
       {"rate",
        fmt::format("{:.0f} a second, p99 {:.1f} ms", report.joins_per_second, report.join_p99_ms)},
       {"server's CPU", of_server(is_known, fmt::format("{:.1f} us for each", report.join_cpu_us))},
       {"server's memory",
        of_server(is_known, fmt::format("{:.2f} KB for each, with its share of the rooms",
                                        report.kb_per_connection))}});
}

template <class Report>
int conclude(const Result<Report>& report, const BenchRequest& request, bool is_known) {
  if (!report) {
    return report_error(to_string(report.error()),
                        request.url.empty() ? "" : "is a server listening at " + request.url + "?");
  }
  if (request.json) {
    print(to_json(*report) + "\n");
  } else {
    show(*report, request, is_known);
  }
  return report->problem.empty() ? kSuccess : report_error(report->problem);
}

}  // namespace

int run_bench(const BenchRequest& request) {
  if (const Result<void> checked = check(request); !checked) {
    (void)report_error(checked.error().detail, "`runnel bench --help` has examples");
    return kUsage;
  }
  raise_file_limit();
  load::Endpoint endpoint;
  int pid = request.pid;
  std::unique_ptr<BenchServer> own;
  if (request.url.empty()) {
    auto started = BenchServer::start();
    if (!started) return report_error(to_string(started.error()));
    own = std::move(*started);
    endpoint = {.port = own->port(), .prefix = "/yjs/"};
    pid = own->pid();
  } else {
    auto parsed = parse_url(request.url);
    if (!parsed) {
      (void)report_error(parsed.error().detail);
      return kUsage;
    }
    endpoint = std::move(*parsed);
  }
  if (request.idle > 0) {
    return conclude(load::run_idle(endpoint, {.connections = request.idle,
                                              .rooms = std::min(request.rooms, request.idle),
                                              .server_pid = pid}),
                    request, pid != 0);
  }
  return conclude(load::run_traffic(endpoint, {.rooms = request.rooms,
                                               .clients_per_room = request.clients,
                                               .writers_per_room = request.writers,
                                               .updates_per_second = request.rate,
                                               .seconds = request.seconds,
                                               .is_awareness = request.awareness,
                                               .server_pid = pid}),
                  request, pid != 0);
}

}  // namespace runnel::cli
