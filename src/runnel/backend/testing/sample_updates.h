// Small updates V1 for tests, written by hand, and what they make together.
#pragma once

#include "base/bytes.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace runnel::backend {

// Client `client` writes ASCII `text` into the root text "t" at its clock `clock`: at the start of
// the text for clock 0, else behind its previous character.
[[nodiscard]] Bytes insert_update(std::uint64_t client, std::uint64_t clock, std::string_view text);

// Units [clock, clock + length) of `client` are deleted.
[[nodiscard]] Bytes delete_update(std::uint64_t client, std::uint64_t clock, std::uint64_t length);

// The document that these updates make, as one update.
[[nodiscard]] Bytes merged(const std::vector<Bytes>& updates);

}  // namespace runnel::backend
