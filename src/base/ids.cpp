#include "base/ids.h"

#include "base/utf8.h"

#include <algorithm>

namespace runnel {

Result<RoomId> RoomId::create(std::string_view party, std::string_view name) {
  if (name.empty()) return fail(Errc::Invalid, "a room name may not be empty");
  if (name.size() > kRoomNameBytesMax) {
    return fail(Errc::Invalid, "a room name may have at most 512 bytes, this one has " +
                                   std::to_string(name.size()));
  }
  const auto is_control = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  };
  if (const auto bad = std::ranges::find_if(name, is_control); bad != name.end()) {
    return fail(Errc::Invalid, "a room name may not contain control bytes",
                static_cast<std::size_t>(bad - name.begin()));
  }
  if (const std::size_t bad = find_invalid_utf8(name); bad != std::string_view::npos) {
    return fail(Errc::Invalid, "a room name must be UTF-8", bad);
  }
  return RoomId{std::string(party), std::string(name)};
}

std::string RoomId::external_name() const {
  return party == kMainParty ? name : party + "-" + name;
}

TypedName split_type(std::string_view external_name) noexcept {
  const std::size_t dash = external_name.find('-');
  if (dash == std::string_view::npos) return {{}, external_name};
  return {external_name.substr(0, dash), external_name.substr(dash + 1)};
}

}  // namespace runnel

std::size_t std::hash<runnel::RoomId>::operator()(const runnel::RoomId& id) const noexcept {
  const std::size_t party = std::hash<std::string>{}(id.party);
  return party * 31U + std::hash<std::string>{}(id.name);
}
