// SearchMarkers: places in a sequence that were visited lately, so that an edit near one of them
// need not walk from the start.
//
// They are more than a cache. Where deleted blocks surround an index, a text insert of Yjs lands
// between them according to its markers, and a place is written into the update. To write the same
// bytes, this keeps the same markers as Yjs's ArraySearchMarker does, move for move.
#pragma once

#include "ycpp/doc/block.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace ycpp {
class BlockStore;
}

namespace ycpp::edit {

class SearchMarkers {
 public:
  struct Found {
    BlockIndex block{kNone};
    std::int64_t index{0};  // visible units in front of the block
  };

  // A place near `index`: Yjs's findMarker. Nothing for index 0 and for an empty sequence.
  [[nodiscard]] std::optional<Found> find(BlockStore& store, BlockIndex start, std::int64_t index,
                                          std::int64_t sequence_length);

  // `length` units were inserted at `index` (or, when negative, deleted): Yjs's
  // updateMarkerChanges.
  void update(BlockStore& store, std::int64_t index, std::int64_t length);

  // `right` is about to become a part of `left`. Lengths are still the old ones.
  void merge(const BlockStore& store, BlockIndex left, BlockIndex right);

  // Forgets the places. The mark on their blocks stays, as it does in Yjs.
  void clear() noexcept { markers_.clear(); }

  [[nodiscard]] bool empty() const noexcept { return markers_.empty(); }

 private:
  struct Marker {
    BlockIndex block;
    std::int64_t index;
    std::uint64_t used;  // by age, the oldest is overwritten
  };

  Marker* nearest(std::int64_t index) noexcept;
  Found place(BlockStore& store, BlockIndex block, std::int64_t index);
  void overwrite(BlockStore& store, Marker& marker, BlockIndex block, std::int64_t index);

  std::vector<Marker> markers_;
  std::uint64_t time_{0};
};

}  // namespace ycpp::edit
