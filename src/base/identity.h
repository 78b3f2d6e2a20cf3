// Who is behind a connection and what they may do. Decided by auth/ before a room is touched; rooms
// only read it. Here, because rooms know nothing of tokens and auth knows nothing of rooms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace runnel {

enum class AccessLevel : std::uint8_t {
  View,     // reads; so do "join" and everything unknown
  Comment,  // reads, until rights below the document exist
  Edit,     // reads and writes
};

// "edit" and "comment" by name, everything else reads only: an unknown level never writes.
[[nodiscard]] constexpr AccessLevel parse_access_level(std::string_view name) noexcept {
  if (name == "edit") return AccessLevel::Edit;
  return name == "comment" ? AccessLevel::Comment : AccessLevel::View;
}

[[nodiscard]] constexpr std::string_view access_level_name(AccessLevel level) noexcept {
  switch (level) {
    case AccessLevel::View:
      return "view";
    case AccessLevel::Comment:
      return "comment";
    case AccessLevel::Edit:
      return "edit";
  }
  return "view";
}

// Belongs to the connection for its life; only a re-check or a token_refresh replaces it.
struct Identity {
  std::string user_id;     // empty: anonymous
  std::string user_name;   // for people
  std::string user_image;  // URL, may be empty
  std::string share_id;    // the share link that let a guest in, else empty
  bool is_guest{false};
  AccessLevel access{AccessLevel::View};

  [[nodiscard]] bool may_write() const noexcept { return access == AccessLevel::Edit; }

  friend bool operator==(const Identity&, const Identity&) = default;
};

}  // namespace runnel
