#include "runnel/server/room_listing.h"

#include "runnel/server/admin_room_access.h"
#include "runnel/server/admin_room_view.h"
#include "runnel/server/page_limit.h"
#include "runnel/server/problem.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace runnel::server {

namespace {

// What all shards know of rooms beside the store.
struct KnownRooms {
  std::map<RoomId, room::RoomStats> live;
  std::set<RoomId> frozen;  // live or at rest
};

struct ShardRooms {
  std::vector<room::RoomStats> live;
  std::vector<RoomId> frozen;
};

// A page's place in the order of all rooms, as text that a client hands back.
std::string cursor_of(const RoomId& room) {
  return net::percent_encode(room.party) + "/" + net::percent_encode(room.name);
}

std::optional<RoomId> parse_cursor(std::string_view cursor) {
  const std::size_t slash = cursor.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto party = net::percent_decode(cursor.substr(0, slash));
  auto name = net::percent_decode(cursor.substr(slash + 1));
  if (!party || !name) return std::nullopt;
  return RoomId{std::move(*party), std::move(*name)};
}

bool is_true(const std::optional<std::string>& text) { return text == "true" || text == "1"; }

std::string_view state_of(const storage::RoomSummary& room, const room::RoomStats* live) {
  if (room.state == storage::RoomState::Deleted) return "deleted";
  if (live == nullptr) return "rest";
  return state_name(*live);
}

boost::json::object row_of(const storage::RoomSummary& room, const KnownRooms& known) {
  const auto found = known.live.find(room.id);
  const room::RoomStats* live = found == known.live.end() ? nullptr : &found->second;
  return {{"party", room.id.party},
          {"name", room.id.name},
          {"state", state_of(room, live)},
          {"frozen", known.frozen.contains(room.id)},
          {"connections", live == nullptr ? 0 : live->connections},
          {"document_bytes", live == nullptr ? 0 : field_of(*live, "document_bytes")},
          {"stored_bytes", room.snapshot_bytes + room.log_bytes},
          {"last_seq", live == nullptr ? room.last_seq : live->last_seq},
          {"updated_ms", room.updated_ms},
          {"backend_lag_ms", live == nullptr ? 0 : field_of(*live, "backend_behind_ms")}};
}

// Rooms in memory that the store does not know yet have a row too.
storage::RoomSummary summary_of(const room::RoomStats& stats) {
  storage::RoomSummary summary;
  summary.id = stats.id;
  summary.last_seq = stats.last_seq;
  return summary;
}

std::string page_json(std::vector<storage::RoomSummary> rooms, const KnownRooms& known, bool more) {
  boost::json::array rows;
  for (const storage::RoomSummary& room : rooms) rows.push_back(row_of(room, known));
  boost::json::object page{{"rooms", std::move(rows)}, {"next", nullptr}};
  if (more && !rooms.empty()) page["next"] = cursor_of(rooms.back().id);
  return boost::json::serialize(page);
}

bool matches(const RoomId& room, const storage::RoomFilter& filter) {
  if (room.name.find(filter.name_contains) == std::string::npos) return false;
  return !filter.after || *filter.after < room;
}

// What the store found, completed by rooms that exist in memory only, in order and cut to a page.
std::string joined_page(storage::RoomPage stored, const KnownRooms& known,
                        const storage::RoomFilter& filter) {
  const std::optional<RoomId> last =
      stored.more ? std::optional(stored.rooms.back().id) : std::nullopt;
  for (const auto& [id, stats] : known.live) {
    const bool is_stored =
        std::ranges::find(stored.rooms, id, &storage::RoomSummary::id) != stored.rooms.end();
    if (!is_stored && !is_nobody(stats) && matches(id, filter) && (!last || id < *last)) {
      stored.rooms.push_back(summary_of(stats));
    }
  }
  std::ranges::sort(stored.rooms, {}, &storage::RoomSummary::id);
  const bool cut = stored.rooms.size() > filter.limit;
  if (cut) stored.rooms.resize(filter.limit);
  return page_json(std::move(stored.rooms), known, stored.more || cut);
}

std::string live_page(const KnownRooms& known, const storage::RoomFilter& filter) {
  storage::RoomPage page;
  for (const auto& [id, stats] : known.live) {
    if (is_nobody(stats) || !matches(id, filter)) continue;
    if (page.rooms.size() == filter.limit) {
      page.more = true;
      break;
    }
    page.rooms.push_back(summary_of(stats));
  }
  return page_json(std::move(page.rooms), known, page.more);
}

ShardRooms rooms_of(Shard& shard) { return {shard.directory->all_stats(), shard.frozen->all()}; }

KnownRooms together(std::vector<ShardRooms> shards) {
  KnownRooms known;
  for (ShardRooms& shard : shards) {
    known.frozen.insert(shard.frozen.begin(), shard.frozen.end());
    for (room::RoomStats& stats : shard.live) {
      const RoomId id = stats.id;
      known.live.emplace(id, std::move(stats));
    }
  }
  return known;
}

}  // namespace

Result<RoomListing> RoomListing::parse(std::string_view query) {
  RoomListing listing;
  storage::RoomFilter& filter = listing.filter_;
  filter.name_contains = net::query_value(query, "contains").value_or("");
  filter.with_deleted = is_true(net::query_value(query, "deleted"));
  listing.live_only_ = is_true(net::query_value(query, "live"));
  filter.limit = RUNNEL_TRY(parse_page_limit(query, filter.limit));
  if (const auto after = net::query_value(query, "after")) {
    filter.after = parse_cursor(*after);
    if (!filter.after) return fail(Errc::Invalid, "`after` must be the `next` of an earlier page");
  }
  return listing;
}

void RoomListing::run(Shards& shards, net::Responder responder) const {
  net::EventLoop& loop = responder.loop();
  using Answers = std::vector<ShardRooms>;
  if (live_only_) {
    shards.gather<ShardRooms>(
        loop, rooms_of,
        [filter = filter_, responder = std::move(responder)](Answers answers) mutable {
          responder.send(net::json_response(200, live_page(together(std::move(answers)), filter)));
        });
    return;
  }
  shards.gather<ShardRooms>(
      loop, rooms_of,
      [&shards, &loop, filter = filter_,
       responder = std::move(responder)](Answers answers) mutable {
        // Any shard's store sees all rooms; its answer comes on that shard's loop.
        Shard& shard = shards.at(loop.index());
        shard.store->list(
            filter, [filter, known = together(std::move(answers)),
                     responder = std::move(responder)](Result<storage::RoomPage> page) mutable {
              responder.send(
                  page ? net::json_response(200, joined_page(*std::move(page), known, filter))
                       : problem(page.error()));
            });
      });
}

}  // namespace runnel::server
