// Strong types for identities, so that a connection can never be passed where a client is meant.
#pragma once

#include "base/result.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace runnel {

// A number that names one thing of kind `Tag` and is no number for any other purpose.
template <class Tag>
class NumberId {
 public:
  constexpr NumberId() = default;

  constexpr explicit NumberId(std::uint64_t value) : value_(value) {}

  [[nodiscard]] constexpr std::uint64_t value() const { return value_; }

  friend constexpr auto operator<=>(NumberId, NumberId) = default;

 private:
  std::uint64_t value_{0};
};

// One client's channel in one room, unique for the life of the process; never reused.
using ConnectionId = NumberId<struct ConnectionIdTag>;

// Identity of a room: (party, name). The name is raw, never percent-decoded.
struct RoomId {
  std::string party;
  std::string name;

  // Checks what a peer may ask for: non-empty UTF-8 of at most 512 bytes without control bytes.
  static Result<RoomId> create(std::string_view party, std::string_view name);

  // How tokens and the backend call the room: `name` in party main, `{party}-{name}` elsewhere.
  [[nodiscard]] std::string external_name() const;

  friend auto operator<=>(const RoomId&, const RoomId&) = default;
};

inline constexpr std::string_view kMainParty = "main";
inline constexpr std::size_t kRoomNameBytesMax = 512;

// An external name split at its first dash: "doc-ab-cd" is {"doc", "ab-cd"}; no dash: {"", whole}.
struct TypedName {
  std::string_view type;
  std::string_view id;
};

[[nodiscard]] TypedName split_type(std::string_view external_name) noexcept;

}  // namespace runnel

template <class Tag>
struct std::hash<runnel::NumberId<Tag>> {
  std::size_t operator()(runnel::NumberId<Tag> id) const noexcept {
    return std::hash<std::uint64_t>{}(id.value());
  }
};

template <>
struct std::hash<runnel::RoomId> {
  std::size_t operator()(const runnel::RoomId& id) const noexcept;
};
