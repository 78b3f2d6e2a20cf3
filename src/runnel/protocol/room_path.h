// From a request target to the room that is meant: a pure function of the target and the options.
//
//   /party/{name}[/more]             party main                       PartyKit dialects
//   /parties/{party}/{name}[/more]   that party                       PartyKit dialects
//   {yjs_prefix}/{name, with slashes} party main                      y-websocket
//
// Names are raw bytes of the path, never percent-decoded. PartyKit names are one path segment; what
// follows it is kept (`sub_path`) and plays no role in the identity, as on PartyKit.
#pragma once

#include "runnel/protocol/message.h"

#include "base/ids.h"
#include "base/result.h"

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runnel::protocol {

struct PathOptions {
  std::string yjs_prefix{"/yjs"};                   // without a slash at its end; "" = "/"
  std::function<bool(std::string_view)> has_party;  // main always exists
};

using QueryParams = std::vector<std::pair<std::string, std::string>>;  // form-decoded, in order

struct RoomRequestTarget {
  RoomId room;
  Dialect dialect{Dialect::YPartyKit};  // a guess on PartyKit paths, see guess_partykit_dialect
  std::string connection_key;           // `_pk`, the first one; empty when absent
  std::string sub_path;                 // "/more" behind a PartyKit name, raw; else empty
  QueryParams params;
  bool control_messages{false};  // `runnel=1`
};

// NotFound: no such party, or no room path at all (`is_room_path` tells them apart: other paths are
// the server's own). Invalid: the name, the party or `_pk` cannot be meant. The sentence says what
// was expected.
[[nodiscard]] Result<RoomRequestTarget> match_room_path(std::string_view target,
                                                        const PathOptions& options);

// Whether the target starts like a room path, so that what follows is to be judged by
// match_room_path and by nobody else.
[[nodiscard]] bool is_room_path(std::string_view target, const PathOptions& options);

// The first value of that name, or empty.
[[nodiscard]] std::string_view find_param(const QueryParams& params, std::string_view name);

// application/x-www-form-urlencoded: '+' is a space, "%41" an "A", a broken escape stays as it is.
[[nodiscard]] QueryParams parse_query(std::string_view query);

// y-partykit and y-partyserver dial the same URLs. Their default connection ids differ: a UUID (36
// characters) and a nanoid (10). With an id of the application's own this can be wrong, which costs
// nothing: the codec of both understands both, and a connection that shows by its messages what it
// is corrects the guess.
[[nodiscard]] Dialect guess_partykit_dialect(std::string_view connection_key);

inline constexpr std::size_t kConnectionKeyBytesMax = 256;

}  // namespace runnel::protocol
