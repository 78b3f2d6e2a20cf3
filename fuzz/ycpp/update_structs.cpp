// The struct readers of both formats: what they yield keeps to what they promise, and written again
// it reads as the same.
#include "base/check.h"
#include "fuzz_target.h"
#include "ycpp/encoding/section_writer.h"
#include "ycpp/encoding/struct_reader.h"
#include "ycpp/update/inspect.h"

#include <string>

namespace ycpp {
namespace {

void check_struct(const RawStruct& raw) {
  RUNNEL_CHECK(raw.content.length > 0);
  RUNNEL_CHECK(raw.id.client.value() <= kMaxSafeInteger && raw.end() <= kMaxSafeInteger);
  if (raw.content.kind != BlockKind::String) return;
  RUNNEL_CHECK(utf16_length(raw.content.text) == raw.content.length);
  RUNNEL_CHECK(!raw.content.ascii || raw.content.text.size() == raw.content.length);
}

template <class Decoder, class Encoder>
void check_update(ByteView update) {
  StructReader<Decoder> reader{update};
  SectionWriter<Encoder> writer;
  RawStruct raw;
  while (reader.next(raw)) {
    check_struct(raw);
    writer.write(raw);
  }
  const DeleteSet deleted = reader.ok() ? reader.read_delete_set() : DeleteSet{};
  const Result<std::string> inspected = inspect_update(update, Decoder::kFormat);
  RUNNEL_CHECK(inspected.has_value() == reader.ok());
  if (!reader.ok()) {
    RUNNEL_CHECK(reader.error().byte <= update.size());
    return;
  }
  writer.finish_structs();
  deleted.write(writer.encoder().rest(), Encoder::kFormat);
  const Bytes written = writer.finish();
  StructReader<Decoder> again{written};
  SectionWriter<Encoder> rewriter;
  while (again.next(raw)) rewriter.write(raw);
  RUNNEL_CHECK(again.ok());
  RUNNEL_CHECK(again.read_delete_set() == deleted && again.ok());
  rewriter.finish_structs();
  deleted.write(rewriter.encoder().rest(), Encoder::kFormat);
  RUNNEL_CHECK(rewriter.finish() == written);
}

}  // namespace
}  // namespace ycpp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const runnel::ByteView input = runnel::fuzz::input(data, size);
  if (input.empty()) return 0;
  if (input.front() % 2 == 0) {
    ycpp::check_update<ycpp::UpdateDecoderV1, ycpp::UpdateEncoderV1>(input.subspan(1));
  } else {
    ycpp::check_update<ycpp::UpdateDecoderV2, ycpp::UpdateEncoderV2>(input.subspan(1));
  }
  return 0;
}
