#include "update_list.h"

#include <algorithm>

namespace ycpp::fuzz {

std::vector<ListedUpdate> read_update_list(ByteView input) {
  std::vector<ListedUpdate> updates;
  while (input.size() > 3) {
    const std::size_t size =
        std::min<std::size_t>(input[1] | (std::size_t{input[2]} << 8U), input.size() - 3);
    updates.push_back({.format = input[0] % 2 == 0 ? UpdateFormat::V1 : UpdateFormat::V2,
                       .bytes = input.subspan(3, size)});
    input = input.subspan(3 + size);
  }
  return updates;
}

Bytes write_update_list(const std::vector<ListedUpdate>& updates) {
  Bytes out;
  for (const ListedUpdate& update : updates) {
    const std::size_t size = std::min<std::size_t>(update.bytes.size(), 0xFFFF);
    out.push_back(update.format == UpdateFormat::V1 ? 0 : 1);
    out.push_back(static_cast<std::uint8_t>(size));
    out.push_back(static_cast<std::uint8_t>(size >> 8U));
    out.insert(out.end(), update.bytes.begin(),
               update.bytes.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return out;
}

}  // namespace ycpp::fuzz
