// JSON Patch (RFC 6902) on one root of a Yjs document, as the edits that a client would make. Pure.
//
// Maps are objects, arrays are arrays. A pointer goes through shared types and, below them, into
// plain JSON values; a change inside a plain value sets that value anew, because that is what a
// client can do. `replace` of a shared text by a string edits the text where the two differ, so
// that cursors and other people's edits stay. Not possible: paths into text or XML, moving or
// copying a shared type (its identity would be lost for those who are in it).
#pragma once

#include "base/bytes.h"
#include "ycpp/id.h"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace runnel::server {

inline constexpr std::size_t kPatchOperationsMax = 10'000;

enum class PatchRoot : std::uint8_t { Map, Array, Text };

[[nodiscard]] std::optional<PatchRoot> patch_root_of(std::string_view name);

struct PatchOptions {
  std::string root;
  PatchRoot kind{PatchRoot::Map};
  // Objects and arrays that are added become shared types; otherwise plain values.
  bool shared_values{false};
  ycpp::ClientId client;  // whose edits these are; a new one each time
};

struct PatchRefusal {
  int status{400};      // 400: no patch; 409: it does not fit the document
  std::string detail;   // one sentence
  std::string pointer;  // JSON pointer into the patch, to the operation that failed; may be empty
};

// The update (V1) that does it, on a document with this full state; empty when there is nothing to
// do. All operations or none.
[[nodiscard]] std::expected<Bytes, PatchRefusal> json_patch_update(ByteView state,
                                                                   std::string_view patch,
                                                                   const PatchOptions& options);

}  // namespace runnel::server
