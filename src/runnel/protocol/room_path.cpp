#include "runnel/protocol/room_path.h"

#include "base/utf8.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace runnel::protocol {

namespace {

constexpr std::string_view kPartyPrefix = "/party/";
constexpr std::string_view kPartiesPrefix = "/parties/";
constexpr std::size_t kUuidBytes = 36;
constexpr std::size_t kNanoidBytes = 10;

struct SplitTarget {
  std::string_view path;
  std::string_view query;
};

SplitTarget split_target(std::string_view target) {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return {target, {}};
  return {target.substr(0, question), target.substr(question + 1)};
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

std::string form_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
      continue;
    }
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[i + 2]) : -1;
    if (low < 0) {
      out.push_back(text[i]);
      continue;
    }
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

bool has_control_bytes(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<std::uint8_t>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

bool is_hex_or_dash(char c, std::size_t at) {
  const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
  return dash ? c == '-' : hex_value(c) >= 0;
}

bool is_uuid(std::string_view text) {
  if (text.size() != kUuidBytes) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_hex_or_dash(text[i], i)) return false;
  }
  return true;
}

bool is_nanoid(std::string_view text) {
  return text.size() == kNanoidBytes && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  c == '_' || c == '-';
         });
}

struct NamedRoom {
  std::string_view party;
  std::string_view name;
  std::string_view sub_path;
  Dialect dialect{Dialect::YPartyKit};
};

// `rest` is what follows the party: a name, and perhaps more segments.
NamedRoom partykit_room(std::string_view party, std::string_view rest) {
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return {.party = party, .name = rest, .sub_path = {}};
  return {.party = party, .name = rest.substr(0, slash), .sub_path = rest.substr(slash)};
}

std::optional<std::string_view> after_prefix(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  const std::string_view rest = path.substr(prefix.size());
  if (!rest.starts_with('/')) return std::nullopt;
  return rest.substr(1);
}

Result<NamedRoom> find_room(std::string_view path, const PathOptions& options) {
  if (path.starts_with(kPartyPrefix)) {
    return partykit_room(kMainParty, path.substr(kPartyPrefix.size()));
  }
  if (path.starts_with(kPartiesPrefix)) {
    const std::string_view rest = path.substr(kPartiesPrefix.size());
    const std::size_t slash = rest.find('/');
    const std::string_view party = rest.substr(0, slash);
    if (party.empty() || slash == std::string_view::npos) {
      return fail(Errc::Invalid, "the path must be /parties/{party}/{room}");
    }
    const bool known = party == kMainParty || (options.has_party && options.has_party(party));
    if (!known) return fail(Errc::NotFound, "Party " + std::string(party) + " not found");
    return partykit_room(party, rest.substr(slash + 1));
  }
  if (const auto name = after_prefix(path, options.yjs_prefix)) {
    return NamedRoom{
        .party = kMainParty, .name = *name, .sub_path = {}, .dialect = Dialect::YWebsocket};
  }
  return fail(Errc::NotFound, "no room path: expected /party/{room}, /parties/{party}/{room} or " +
                                  options.yjs_prefix + "/{room}");
}

}  // namespace

bool is_room_path(std::string_view target, const PathOptions& options) {
  const std::string_view path = split_target(target).path;
  return path.starts_with(kPartyPrefix) || path.starts_with(kPartiesPrefix) ||
         after_prefix(path, options.yjs_prefix).has_value();
}

Result<RoomRequestTarget> match_room_path(std::string_view target, const PathOptions& options) {
  const SplitTarget split = split_target(target);
  const NamedRoom named = RUNNEL_TRY(find_room(split.path, options));

  RoomRequestTarget out;
  out.room = RUNNEL_TRY(RoomId::create(named.party, named.name));
  out.sub_path = std::string(named.sub_path);
  out.params = parse_query(split.query);
  out.connection_key = std::string(find_param(out.params, "_pk"));
  if (out.connection_key.size() > kConnectionKeyBytesMax || has_control_bytes(out.connection_key) ||
      find_invalid_utf8(out.connection_key) != std::string_view::npos) {
    return fail(Errc::Invalid, "_pk must be UTF-8 of at most 256 bytes without control characters");
  }
  out.dialect = named.dialect == Dialect::YWebsocket ? Dialect::YWebsocket
                                                     : guess_partykit_dialect(out.connection_key);
  out.control_messages = find_param(out.params, "runnel") == "1";
  return out;
}

QueryParams parse_query(std::string_view query) {
  QueryParams params;
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    const std::size_t equals = pair.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    params.emplace_back(form_decode(pair.substr(0, equals)), form_decode(value));
  }
  return params;
}

std::string_view find_param(const QueryParams& params, std::string_view name) {
  const auto found = std::ranges::find_if(params, [&](const auto& p) { return p.first == name; });
  return found == params.end() ? std::string_view() : std::string_view(found->second);
}

Dialect guess_partykit_dialect(std::string_view connection_key) {
  if (is_uuid(connection_key)) return Dialect::YPartyKit;
  return is_nanoid(connection_key) ? Dialect::YPartyServer : Dialect::YPartyKit;
}

}  // namespace runnel::protocol
