// Identities inside a document: a client is one replica, a clock counts its units (UTF-16 code
// units of text, elements of anything else), an id names one unit for ever.
#pragma once

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace ycpp {

using runnel::Bytes;
using runnel::ByteView;
using runnel::Errc;
using runnel::Error;
using runnel::Result;

// A replica of a document. Yjs draws 32 bits; other writers use up to 53.
using ClientId = runnel::NumberId<struct ClientIdTag>;

// A Lamport clock of one client: the number of units it has written.
using Clock = std::uint64_t;

// The largest integer that every writer of the format can hold (JavaScript's 2^53 - 1). Client ids,
// clocks, lengths and their sums stay at or below it; the decoders refuse anything above.
inline constexpr std::uint64_t kMaxSafeInteger = (std::uint64_t{1} << 53) - 1;

struct Id {
  ClientId client;
  Clock clock{0};

  friend constexpr auto operator<=>(const Id&, const Id&) = default;
};

}  // namespace ycpp

template <>
struct std::hash<ycpp::Id> {
  std::size_t operator()(const ycpp::Id& id) const noexcept {
    constexpr std::uint64_t kMix = 0x9E3779B97F4A7C15;
    return static_cast<std::size_t>(((id.client.value() * kMix) ^ id.clock) * kMix);
  }
};
