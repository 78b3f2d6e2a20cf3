// The input of targets that take several updates: for each a byte with the format (even V1, odd
// V2), its size in two bytes, little endian, and the bytes. What does not fit ends the list.
#pragma once

#include "ycpp/delete_set.h"

#include <vector>

namespace ycpp::fuzz {

struct ListedUpdate {
  UpdateFormat format{UpdateFormat::V1};
  ByteView bytes;
};

[[nodiscard]] std::vector<ListedUpdate> read_update_list(ByteView input);

[[nodiscard]] Bytes write_update_list(const std::vector<ListedUpdate>& updates);

}  // namespace ycpp::fuzz
