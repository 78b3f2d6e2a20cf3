// What backend/ needs to know of a document without opening one: what its bytes cover, whether they
// are a document at all, and how two of them merge.
#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "ycpp/delete_set.h"
#include "ycpp/state_vector.h"

#include <vector>

namespace runnel::backend {

// What a state holds: which units exist and which of them are deleted.
struct Coverage {
  ycpp::StateVector state_vector;
  ycpp::DeleteSet delete_set;

  // A deletion is a change like any other: both parts must be there.
  [[nodiscard]] bool covers(const Coverage& other) const {
    return state_vector.covers(other.state_vector) && delete_set.covers(other.delete_set);
  }

  // Empty documents are recognised by what they hold, never by their size.
  [[nodiscard]] bool empty() const { return state_vector.empty() && delete_set.empty(); }

  friend bool operator==(const Coverage&, const Coverage&) = default;
};

struct DocumentState {
  Bytes update;  // update V1
  Coverage coverage;
};

// Whether these are exactly the bytes of an empty document, V1 or V2: stored by servers that save
// documents nobody has typed into.
[[nodiscard]] bool is_empty_document(ByteView body);

// Reads a stored full state, V1 or V2, which it tells apart. Malformed when the bytes do not decode
// to their end, or decode to nothing: bytes of one format read as the other do just that.
[[nodiscard]] Result<DocumentState> read_document(ByteView body);

// Merges updates V1 that decode.
[[nodiscard]] Result<DocumentState> merge_documents(const std::vector<ByteView>& updates);

}  // namespace runnel::backend
