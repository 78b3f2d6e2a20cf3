// StructReader: the structs of an update, one after another, then its delete set.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/encoding/raw_struct.h"
#include "ycpp/encoding/update_decoder.h"

#include <cstdint>
#include <vector>

namespace ycpp {

// Reads the content of an item of kind `content.kind` into the fields that it has.
template <class Decoder>
void read_content(Decoder& decoder, RawContent& content);

extern template void read_content(UpdateDecoderV1& decoder, RawContent& content);
extern template void read_content(UpdateDecoderV2& decoder, RawContent& content);

// Usage: while (reader.next(raw)) { … }  if (!reader.ok()) return reader.error();  then the delete
// set. Clocks, lengths and their sums are at most kMaxSafeInteger; no struct is empty. Skips are
// yielded like any other struct.
template <class Decoder>
class StructReader {
 public:
  explicit StructReader(ByteView update) : decoder_(update) {
    clients_left_ = decoder_.rest().var_uint();
    structs_allowed_ = decoder_.structs_max();
  }

  [[nodiscard]] bool ok() const noexcept { return decoder_.ok(); }

  [[nodiscard]] Error error() const { return decoder_.error(); }

  // Reads the next struct into `raw`, all of whose fields that are meaningful are set. False at the
  // end of the structs or on a failure.
  bool next(RawStruct& raw);

  // Once next() has returned false and ok() holds. On failure ok() no longer holds; bytes after the
  // delete set are ignored, as Yjs does.
  DeleteSet read_delete_set();

  // The same, its ranges appended to `ranges` in the order of the input.
  void read_delete_ranges(std::vector<DeleteSet::Range>& ranges);

  [[nodiscard]] Decoder& decoder() noexcept { return decoder_; }

 private:
  bool next_section();
  void read_item(RawStruct& raw);

  Decoder decoder_;
  std::uint64_t clients_left_{0};
  std::uint64_t structs_left_{0};  // in the section of the current client
  std::uint64_t structs_allowed_{0};
  ClientId client_;
  Clock clock_{0};
};

using StructReaderV1 = StructReader<UpdateDecoderV1>;
using StructReaderV2 = StructReader<UpdateDecoderV2>;

extern template class StructReader<UpdateDecoderV1>;
extern template class StructReader<UpdateDecoderV2>;

}  // namespace ycpp
