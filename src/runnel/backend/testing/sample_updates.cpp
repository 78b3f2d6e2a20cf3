#include "runnel/backend/testing/sample_updates.h"

#include "runnel/backend/document_bytes.h"

#include "base/check.h"
#include "ycpp/encoding/byte_writer.h"

#include <utility>

namespace runnel::backend {

Bytes insert_update(std::uint64_t client, std::uint64_t clock, std::string_view text) {
  constexpr std::uint8_t kContentString = 4;
  constexpr std::uint8_t kHasOrigin = 0x80;
  ycpp::ByteWriter writer;
  writer.var_uint(1);  // clients
  writer.var_uint(1);  // structs
  writer.var_uint(client);
  writer.var_uint(clock);
  if (clock == 0) {
    writer.u8(kContentString);
    writer.var_uint(1);  // the parent is a root, named:
    writer.var_string("t");
  } else {
    writer.u8(kContentString | kHasOrigin);
    writer.var_uint(client);
    writer.var_uint(clock - 1);
  }
  writer.var_string(text);
  writer.var_uint(0);  // clients in the delete set
  return writer.to_bytes();
}

Bytes delete_update(std::uint64_t client, std::uint64_t clock, std::uint64_t length) {
  ycpp::ByteWriter writer;
  writer.var_uint(0);  // clients with structs
  writer.var_uint(1);  // clients in the delete set
  writer.var_uint(client);
  writer.var_uint(1);  // ranges
  writer.var_uint(clock);
  writer.var_uint(length);
  return writer.to_bytes();
}

Bytes merged(const std::vector<Bytes>& updates) {
  auto state = merge_documents({updates.begin(), updates.end()});
  RUNNEL_CHECK(state.has_value());
  return std::move(state->update);
}

}  // namespace runnel::backend
