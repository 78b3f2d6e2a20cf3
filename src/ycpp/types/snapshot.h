// Snapshot, in Yjs's sense: a moment of a document, as the state vector and the delete set that it
// had. What was visible then can be shown, and restored, from any later state of a document that
// does not collect garbage.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/state_vector.h"
#include "ycpp/types/value.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ycpp {

namespace edit {
struct Edit;
}

class Snapshot {
 public:
  Snapshot() = default;

  Snapshot(DeleteSet delete_set, StateVector state_vector)
      : delete_set_(std::move(delete_set)), state_vector_(std::move(state_vector)) {}

  [[nodiscard]] static Result<Snapshot> decode(ByteView bytes);
  [[nodiscard]] static Result<Snapshot> decode_v2(ByteView bytes);

  // The delete set, then the state vector.
  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] Bytes encode_v2() const;

  // Whether a unit existed and was not deleted.
  [[nodiscard]] bool contains(Id id) const noexcept;

  [[nodiscard]] const DeleteSet& delete_set() const noexcept { return delete_set_; }

  [[nodiscard]] const StateVector& state_vector() const noexcept { return state_vector_; }

  friend bool operator==(const Snapshot&, const Snapshot&) = default;

 private:
  DeleteSet delete_set_;
  StateVector state_vector_;
};

// The document as it is now.
[[nodiscard]] Snapshot snapshot(Doc& doc);

// Whether the snapshot has everything that the update (V1 or V2) brings.
[[nodiscard]] Result<bool> snapshot_contains_update(const Snapshot& snapshot, ByteView update);

// Makes `restored`, which must be empty, what `origin` was in the snapshot. Invalid if `origin`
// collects garbage, or has not got that far.
Result<void> create_doc_from_snapshot(Doc& origin, const Snapshot& snapshot, Doc& restored);

// What was visible in the snapshot: the elements of an array or fragment, the value of a key, all
// keys with their values. Yjs reads whole items, also where one has grown since; this reads what
// was there. What a document has collected is undefined, or missing from a list.
[[nodiscard]] std::vector<Value> type_list_to_array_snapshot(const SharedType& type,
                                                             const Snapshot& snapshot);
[[nodiscard]] std::optional<Value> type_map_get_snapshot(const SharedType& type,
                                                         std::string_view key,
                                                         const Snapshot& snapshot);
[[nodiscard]] std::vector<std::pair<std::string, Value>> type_map_get_all_snapshot(
    const SharedType& type, const Snapshot& snapshot);

namespace edit {

// Cuts blocks where the snapshot ends and where its deletions begin and end, so that each block is
// visible in it or not. The end of the transaction joins them again.
void split_at_snapshot(Edit& edit, const Snapshot& snapshot);

}  // namespace edit

}  // namespace ycpp
