#include "runnel/collab/turn_buffer.h"

#include "ycpp/update/merge.h"

#include <algorithm>
#include <utility>

namespace runnel::collab {

void TurnBuffer::add(std::optional<ConnectionId> sender, std::string author,
                     RoomDocument::Change change) {
  bytes_ += change.effective.size();
  if (change.with_waiting) bytes_ += change.with_waiting->size();
  parts_.push_back({.sender = sender, .author = std::move(author), .change = std::move(change)});
}

Result<Bytes> TurnBuffer::merge(const std::vector<ByteView>& updates) {
  if (updates.size() == 1) return to_bytes(updates.front());
  return ycpp::merge_updates_compact(updates);
}

Result<TurnBuffer::Turn> TurnBuffer::take(bool keep_apart) {
  const std::vector<Part> parts = std::exchange(parts_, {});
  bytes_ = 0;
  Turn turn;
  if (parts.empty()) return turn;

  std::vector<ByteView> effective;
  for (const Part& part : parts) {
    if (!part.change.effective.empty()) effective.emplace_back(part.change.effective);
  }
  if (!effective.empty()) turn.update = RUNNEL_TRY(merge(effective));

  // Only what has to wait for missing updates is logged differently from what is told.
  const bool logs_what_it_tells =
      std::ranges::all_of(parts, [](const Part& part) { return !part.change.with_waiting; });
  for (auto from = parts.begin(); from != parts.end();) {
    const auto to =
        keep_apart ? std::find_if(from, parts.end(),
                                  [&](const Part& part) { return part.author != from->author; })
                   : parts.end();
    std::vector<ByteView> logged;
    for (auto part = from; part != to; ++part) logged.push_back(part->change.to_log());
    const bool one_author =
        std::all_of(from, to, [&](const Part& part) { return part.author == from->author; });
    storage::LogEntry entry;
    entry.author = one_author ? from->author : std::string();
    entry.keep = keep_apart;
    const bool is_all = from == parts.begin() && to == parts.end();
    entry.update = logs_what_it_tells && is_all ? turn.update : RUNNEL_TRY(merge(logged));
    turn.log.push_back(std::move(entry));
    from = to;
  }

  const bool one_sender = std::ranges::all_of(
      parts, [&](const Part& part) { return part.sender == parts.front().sender; });
  if (one_sender) turn.only_from = parts.front().sender;
  return turn;
}

}  // namespace runnel::collab
