// CRC-32C (Castagnoli, RFC 3720 appendix B.4) over what storage writes, because SQLite itself has
// no checksum in the database file: a flipped bit has to be reported, not merged into a document.
#pragma once

#include "base/bytes.h"

#include <cstdint>

namespace runnel::storage {

// Any thread.
[[nodiscard]] std::uint32_t crc32c(ByteView bytes) noexcept;

}  // namespace runnel::storage
