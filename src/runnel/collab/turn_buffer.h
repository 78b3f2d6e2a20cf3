// TurnBuffer: the changes of one turn of the loop, until they leave as one: one entry for the log,
// one update for all receivers.
#pragma once

#include "runnel/collab/room_document.h"
#include "runnel/storage/room_store.h"

#include "base/bytes.h"
#include "base/ids.h"

#include <optional>
#include <string>
#include <vector>

namespace runnel::collab {

class TurnBuffer {
 public:
  struct Turn {
    std::vector<storage::LogEntry> log;  // in order; one, unless entries are kept apart
    Bytes update;                        // for the receivers; empty when there is nothing to tell
    std::optional<ConnectionId> only_from;  // who knows all of it already
  };

  // `sender`: none for what did not come from a connection.
  void add(std::optional<ConnectionId> sender, std::string author, RoomDocument::Change change);

  [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }

  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

  // Everything since the last call. `keep_apart` (history): an entry per author and run, marked to
  // be kept; otherwise one. Merging what the document itself has produced does not fail.
  Result<Turn> take(bool keep_apart);

 private:
  struct Part {
    std::optional<ConnectionId> sender;
    std::string author;
    RoomDocument::Change change;
  };

  static Result<Bytes> merge(const std::vector<ByteView>& updates);

  std::vector<Part> parts_;
  std::size_t bytes_{0};
};

}  // namespace runnel::collab
