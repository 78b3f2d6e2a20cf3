// A room's document as `/v1` shows it: bytes in either format, JSON, text, XML, structs; and what a
// caller sends, as the update that the room takes. Pure.
#pragma once

#include "runnel/net/http_types.h"

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <string_view>

namespace runnel::server {

// `state` is a full state in V1; `query` has format, root and type. Which state is meant by `at` is
// the caller's.
[[nodiscard]] net::HttpResponse render_document(ByteView state, std::string_view query);

// V1, whichever format it came in.
[[nodiscard]] Result<Bytes> update_to_apply(ByteView body);

struct DocumentNumbers {
  std::uint64_t structs{0};
  std::uint64_t tombstones{0};  // deleted units
  std::uint64_t clients{0};
};

[[nodiscard]] DocumentNumbers count_document(ByteView state);

}  // namespace runnel::server
