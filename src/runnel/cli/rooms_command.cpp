#include "runnel/cli/command_line.h"
#include "runnel/cli/commands.h"
#include "runnel/cli/local_admin.h"
#include "runnel/cli/terminal.h"
#include "runnel/net/http_types.h"
#include "runnel/server/admin_document.h"
#include "runnel/server/setting_values.h"

#include <boost/json.hpp>
#include <fmt/core.h>

#include <cstdint>
#include <ctime>
#include <vector>

namespace runnel::cli {

namespace {

using boost::json::object;
using boost::json::value;

constexpr std::string_view kHowToFind =
    "`runnel rooms ls` lists the rooms; one of another party needs --party";

std::string room_target(const RoomChoice& room, std::string_view what = {}) {
  return fmt::format("/v1/rooms/{}{}?party={}", net::percent_encode(room.name), what,
                     net::percent_encode(room.party));
}

int report(const Error& error) { return report_error(to_string(error)); }

// Opens the data directory and makes one call; the body of a success goes to `use`.
template <class Use>
int with_reply(const server::LoadedConfig& loaded, std::string_view method, std::string_view target,
               ByteView body, Use use) {
  const auto admin = LocalAdmin::open(loaded);
  if (!admin) return report(admin.error());
  const Result<Bytes> reply = (*admin)->call(method, target, body);
  if (!reply) {
    const bool is_missing = reply.error().code == Errc::NotFound;
    return report_error(to_string(reply.error()), is_missing ? kHowToFind : "");
  }
  return use(*reply);
}

value parse_json(ByteView bytes) {
  boost::json::error_code error;
  return boost::json::parse(as_text(bytes), error);
}

std::string text_of(const object& from, std::string_view key) {
  const value* const found = from.if_contains({key.data(), key.size()});
  if (found == nullptr || found->is_null()) return "-";
  if (found->is_string()) return std::string(found->get_string());
  return boost::json::serialize(*found);
}

std::int64_t number_of(const object& from, std::string_view key) {
  const value* const found = from.if_contains({key.data(), key.size()});
  return found != nullptr && found->is_int64() ? found->get_int64() : 0;
}

std::string time_of(const object& from, std::string_view key) {
  const std::int64_t wall_ms = number_of(from, key);
  if (wall_ms == 0) return "-";
  const std::time_t seconds = wall_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}Z", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

void add_rows(const object& page, std::vector<std::vector<std::string>>& rows) {
  const value* const rooms = page.if_contains("rooms");
  if (rooms == nullptr || !rooms->is_array()) return;
  for (const value& each : rooms->get_array()) {
    if (!each.is_object()) continue;
    const object& room = each.get_object();
    rows.push_back({text_of(room, "party"), text_of(room, "state"), text_of(room, "connections"),
                    text_of(room, "stored_bytes"), text_of(room, "last_seq"),
                    time_of(room, "updated_ms"), text_of(room, "name")});
  }
}

// "log.last_seq 17", one line per number or text, nested objects flattened.
void add_lines(const object& from, const std::string& prefix,
               std::vector<std::vector<std::string>>& rows) {
  for (const auto& [key, field] : from) {
    const std::string name = prefix + std::string(key);
    if (field.is_object()) {
      add_lines(field.get_object(), name + ".", rows);
    } else if (key.ends_with("_ms") && number_of(from, key) > 1'000'000'000'000) {
      rows.push_back({name, time_of(from, key)});
    } else if (field.is_array()) {
      rows.push_back({name, std::to_string(field.get_array().size())});
    } else {
      rows.push_back({name, text_of(from, key)});
    }
  }
}

}  // namespace

int list_rooms(const server::LoadedConfig& loaded, const RoomsList& options) {
  const auto admin = LocalAdmin::open(loaded);
  if (!admin) return report(admin.error());
  std::vector<std::vector<std::string>> rows{
      {"PARTY", "STATE", "CONNECTIONS", "STORED BYTES", "LAST SEQ", "UPDATED", "ROOM"}};
  std::string after;
  do {
    const std::string target =
        fmt::format("/v1/rooms?limit=1000&contains={}&deleted={}{}",
                    net::percent_encode(options.contains), options.deleted ? "true" : "false",
                    after.empty() ? "" : "&after=" + net::percent_encode(after));
    const Result<Bytes> reply = (*admin)->call("GET", target);
    if (!reply) return report(reply.error());
    const value page = parse_json(*reply);
    if (!page.is_object()) return report_error("the server's answer is no page of rooms");
    if (options.json) {
      print(std::string(as_text(*reply)) + "\n");
    } else {
      add_rows(page.get_object(), rows);
    }
    const value* const next = page.get_object().if_contains("next");
    after = next != nullptr && next->is_string() ? std::string(next->get_string()) : std::string();
  } while (!after.empty());
  if (!options.json) print_table(rows);
  return kSuccess;
}

int show_room(const server::LoadedConfig& loaded, const RoomChoice& room) {
  return with_reply(loaded, "GET", room_target(room), {}, [](const Bytes& reply) {
    const value parsed = parse_json(reply);
    if (!parsed.is_object()) return report_error("the server's answer is no room");
    std::vector<std::vector<std::string>> rows;
    add_lines(parsed.get_object(), "", rows);
    print_table(rows);
    return kSuccess;
  });
}

int export_room(const server::LoadedConfig& loaded, const RoomChoice& room,
                const std::string& output) {
  return with_reply(loaded, "GET", room_target(room, "/export"), {}, [&output](const Bytes& reply) {
    const Result<void> written = write_output(output, reply);
    return written ? kSuccess : report(written.error());
  });
}

int import_room(const server::LoadedConfig& loaded, const RoomChoice& room,
                const std::string& input) {
  const Result<Bytes> update = read_input(input);
  if (!update) return report(update.error());
  // The server would say the same, but knows nothing of the file.
  if (const auto readable = server::update_to_apply(*update); !readable) {
    return report_error(
        fmt::format("{}: {}", input == "-" ? "standard input" : input, to_string(readable.error())),
        "name a Yjs update or full state, V1 or V2, such as `runnel rooms export` writes");
  }
  return with_reply(loaded, "POST", room_target(room, "/import"), *update, [&room](const Bytes&) {
    fmt::print(stderr, "imported into {}\n", room.name);
    return kSuccess;
  });
}

int remove_room(const server::LoadedConfig& loaded, const RoomChoice& room) {
  return with_reply(loaded, "DELETE", room_target(room), {}, [&room](const Bytes&) {
    fmt::print(stderr, "removed {}; `runnel rooms import` creates it again\n", room.name);
    return kSuccess;
  });
}

int compact_room(const server::LoadedConfig& loaded, const RoomChoice& room) {
  return with_reply(loaded, "POST", room_target(room, "/compact"), {}, [&room](const Bytes&) {
    fmt::print(stderr, "compacted {}\n", room.name);
    return kSuccess;
  });
}

}  // namespace runnel::cli
