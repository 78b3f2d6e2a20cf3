#include "runnel/server/admin_history.h"

#include "runnel/server/admin_document.h"
#include "runnel/server/page_limit.h"
#include "runnel/server/parse_number.h"
#include "runnel/server/problem.h"

#include "ycpp/update/merge.h"
#include "ycpp/update/update_meta.h"
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>
#include <vector>

namespace runnel::server {

namespace {

boost::json::object describe_entry(const storage::LogEntry& entry) {
  boost::json::array clients;
  if (const auto spans = ycpp::parse_update_meta(entry.update)) {
    for (const ycpp::UpdateSpan& span : *spans) clients.push_back(span.client.value());
  }
  return {{"seq", entry.seq},         {"first_seq", entry.first_seq},
          {"time_ms", entry.time_ms}, {"user_id", entry.author},
          {"clients", clients},       {"bytes", entry.update.size()}};
}

using UseRecord = std::move_only_function<void(AdminRoomCall call, storage::RoomRecord record)>;

// What is stored of the room, with everything that has been said to it so far.
void with_record(Shard& shard, AdminRoomCall call, UseRecord use) {
  use_state(shard, std::move(call),
            [&shard, use = std::move(use)](AdminRoomCall asked, ByteView /*state*/) mutable {
              const RoomId room = asked.room;  // the call moves into the callback
              shard.store->load(room, [use = std::move(use), asked = std::move(asked)](
                                          Result<storage::RoomRecord> record) mutable {
                if (record) {
                  use(std::move(asked), *std::move(record));
                } else {
                  asked.responder.send(problem(record.error()));
                }
              });
            });
}

}  // namespace

Result<HistoryPage> HistoryPage::parse(std::string_view query) {
  HistoryPage page;
  page.limit = RUNNEL_TRY(parse_page_limit(query, page.limit));
  if (const auto before = net::query_value(query, "before")) {
    page.before = parse_number(*before);
    if (!page.before) return fail(Errc::Invalid, "`before` must be the `next` of an earlier page");
  }
  return page;
}

boost::json::object describe_history(const storage::RoomRecord& record, const HistoryPage& page) {
  boost::json::array entries;
  boost::json::value next = nullptr;
  for (auto entry = record.tail.rbegin(); entry != record.tail.rend(); ++entry) {
    if (page.before && entry->seq >= *page.before) continue;
    if (entries.size() == page.limit) {
      next = entries.back().as_object().at("seq");
      break;
    }
    entries.push_back(describe_entry(*entry));
  }
  return {{"snapshot_seq", record.snapshot_seq},
          {"snapshot_bytes", record.snapshot.size()},
          {"last_seq", record.last_seq},
          {"entries", std::move(entries)},
          {"next", std::move(next)}};
}

Result<Bytes> state_at(const storage::RoomRecord& record, storage::Seq at) {
  if (at > record.last_seq) {
    return fail(Errc::NotFound,
                "the room's log ends at position " + std::to_string(record.last_seq));
  }
  if (at < record.snapshot_seq) {
    return fail(Errc::NotFound, "what was before position " + std::to_string(record.snapshot_seq) +
                                    " is folded into a snapshot");
  }
  std::vector<ByteView> updates;
  if (record.snapshot_seq > 0) updates.emplace_back(record.snapshot);
  for (const storage::LogEntry& entry : record.tail) {
    if (entry.seq <= at) {
      updates.emplace_back(entry.update);
    } else if (entry.first_seq <= at && at > record.snapshot_seq) {
      return fail(Errc::Conflict, "position " + std::to_string(at) +
                                      " is in the middle of an entry that ends at " +
                                      std::to_string(entry.seq));
    }
  }
  if (updates.empty()) return Bytes{0, 0};
  return ycpp::merge_updates_compact(updates);
}

void history(Shard& shard, AdminRoomCall call) {
  const Result<HistoryPage> page = HistoryPage::parse(net::split_target(call.request.target).query);
  if (!page) {
    call.responder.send(problem(page.error()));
    return;
  }
  with_record(shard, std::move(call),
              [page = *page](AdminRoomCall asked, const storage::RoomRecord& record) {
                asked.responder.send(net::json_response(
                    200, boost::json::serialize(describe_history(record, page))));
              });
}

void with_past(Shard& shard, AdminRoomCall call, storage::Seq at, UseState use) {
  with_record(
      shard, std::move(call),
      [at, use = std::move(use)](AdminRoomCall asked, const storage::RoomRecord& record) mutable {
        const Result<Bytes> state = state_at(record, at);
        if (state) {
          use(std::move(asked), *state);
        } else {
          asked.responder.send(problem(state.error()));
        }
      });
}

void read_document(Shard& shard, AdminRoomCall call) {
  const std::string query(net::split_target(call.request.target).query);
  const auto render = [query](AdminRoomCall asked, ByteView state) {
    asked.responder.send(render_document(state, query));
  };
  const auto at = net::query_value(query, "at");
  if (!at) {
    use_state(shard, std::move(call), render);
    return;
  }
  if (const auto position = parse_number(*at)) {
    with_past(shard, std::move(call), *position, render);
  } else {
    call.responder.send(problem(400, "`at` must be a position of GET /v1/rooms/{id}/history"));
  }
}

}  // namespace runnel::server
