// Messages: reading stays inside the bytes.
#include "ycpp/sync/sync_message.h"

#include "base/check.h"
#include "fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const runnel::ByteView input = runnel::fuzz::input(data, size);
  const auto message = ycpp::decode_message(input);
  if (!message) {
    RUNNEL_CHECK(message.error().byte <= input.size());
    return 0;
  }
  if (const auto* update = std::get_if<ycpp::SyncUpdate>(&*message)) {
    const auto again = ycpp::decode_message(ycpp::encode_sync_update(update->update));
    RUNNEL_CHECK(again &&
                 std::get<ycpp::SyncUpdate>(*again).update.size() == update->update.size());
  }
  return 0;
}
