#include "ycpp/encoding/any.h"

#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"
#include "ycpp/encoding/utf.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace ycpp {

namespace {

// The tags of lib0, counting down from 127.
enum class AnyTag : std::uint8_t {
  Bytes = 116,
  Array = 117,
  Object = 118,
  String = 119,
  True = 120,
  False = 121,
  BigInt = 122,
  Float64 = 123,
  Float32 = 124,
  Integer = 125,
  Null = 126,
  Undefined = 127,
};

// The number that a key stands for, if JavaScript lists it among the array indices: canonical
// decimal below 2^32 - 1.
std::optional<std::uint32_t> array_index(std::string_view key) noexcept {
  if (key.empty() || key.size() > 10 || (key.size() > 1 && key.front() == '0')) return {};
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), value);
  if (error != std::errc{} || end != key.data() + key.size()) return {};
  if (value == std::numeric_limits<std::uint32_t>::max()) return {};
  return value;
}

// Leaves of equal keys the place of the first and the value of the last.
void drop_repeated_keys(std::vector<AnyObject::Member>& members) {
  std::vector<std::size_t> order(members.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&members](std::size_t a, std::size_t b) {
    const int compared = members[a].first.compare(members[b].first);
    return compared != 0 ? compared < 0 : a < b;
  });
  std::vector<bool> dropped(members.size(), false);
  for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
    if (members[order[i]].first != members[order[first]].first) {
      first = i;
      continue;
    }
    members[order[first]].second = std::move(members[order[i]].second);
    dropped[order[i]] = true;
  }
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (dropped[i]) continue;
    if (kept != i) members[kept] = std::move(members[i]);
    ++kept;
  }
  members.erase(members.begin() + static_cast<std::ptrdiff_t>(kept), members.end());
}

void put_indices_first(std::vector<AnyObject::Member>& members) {
  std::vector<std::pair<std::uint32_t, std::size_t>> indices;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (const auto index = array_index(members[i].first)) indices.emplace_back(*index, i);
  }
  if (indices.empty()) return;
  std::ranges::sort(indices);
  std::vector<AnyObject::Member> ordered;
  ordered.reserve(members.size());
  for (const auto& [index, place] : indices) ordered.push_back(std::move(members[place]));
  std::vector<bool> moved(members.size(), false);
  for (const auto& [index, place] : indices) moved[place] = true;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (!moved[i]) ordered.push_back(std::move(members[i]));
  }
  members = std::move(ordered);
}

Any read_value(ByteReader& reader, std::size_t depth);

Any read_array(ByteReader& reader, std::size_t depth) {
  const std::uint64_t count = reader.var_uint();
  AnyArray array;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    array.push_back(read_value(reader, depth + 1));
  }
  return array;
}

Any read_object(ByteReader& reader, std::size_t depth) {
  const std::uint64_t count = reader.var_uint();
  std::vector<AnyObject::Member> members;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    std::string key{reader.var_string()};
    members.emplace_back(std::move(key), read_value(reader, depth + 1));
  }
  return AnyObject{std::move(members)};
}

// Recursion is bounded by kAnyDepthMax.
Any read_value(ByteReader& reader, std::size_t depth) {
  const std::uint8_t* const start = reader.position();
  const std::uint8_t byte = reader.u8();
  if (!reader.ok()) return {};
  // Every byte is cast; those that are no tag fall out of the switch.
  // NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange)
  const auto tag = static_cast<AnyTag>(byte);
  switch (tag) {
    case AnyTag::Undefined:
      return Undefined{};
    case AnyTag::Null:
      return Null{};
    case AnyTag::Integer: {
      const VarInt number = reader.var_int();
      const auto magnitude = static_cast<double>(number.magnitude);
      return number.negative ? -magnitude : magnitude;
    }
    case AnyTag::Float32:
      return static_cast<double>(reader.float32());
    case AnyTag::Float64:
      return reader.float64();
    case AnyTag::BigInt:
      return BigInt{reader.big_int64()};
    case AnyTag::False:
      return false;
    case AnyTag::True:
      return true;
    case AnyTag::String:
      return reader.var_string();
    case AnyTag::Bytes:
      return runnel::to_bytes(reader.var_bytes());
    case AnyTag::Array:
    case AnyTag::Object:
      if (depth == kAnyDepthMax) {
        reader.set_error_at("value nested too deeply", start);
        return {};
      }
      return tag == AnyTag::Array ? read_array(reader, depth) : read_object(reader, depth);
  }
  reader.set_error_at("unknown kind of value", start);
  return {};
}

// Consumes what follows the tag of a value that holds no others. False for an array or object.
bool skip_flat(ByteReader& reader, std::uint8_t tag, const std::uint8_t* start) {
  switch (static_cast<AnyTag>(tag)) {
    case AnyTag::Undefined:
    case AnyTag::Null:
    case AnyTag::False:
    case AnyTag::True:
      return true;
    case AnyTag::Integer:
      reader.var_int();
      return true;
    case AnyTag::Float32:
      reader.bytes(4);
      return true;
    case AnyTag::Float64:
    case AnyTag::BigInt:
      reader.bytes(8);
      return true;
    case AnyTag::String:
      reader.var_string();
      return true;
    case AnyTag::Bytes:
      reader.var_bytes();
      return true;
    case AnyTag::Array:
    case AnyTag::Object:
      return false;
  }
  reader.set_error_at("unknown kind of value", start);
  return true;
}

// One array or object that is being walked.
struct Level {
  std::uint64_t left{0};
  bool object{false};
};

// Walks what follows the tag of an array or object, without recursion.
void skip_nested(ByteReader& reader, AnyTag tag) {
  std::vector<Level> levels;
  levels.push_back({.left = reader.var_uint(), .object = tag == AnyTag::Object});
  while (!levels.empty() && reader.ok()) {
    Level& level = levels.back();
    if (level.left == 0) {
      levels.pop_back();
      continue;
    }
    --level.left;
    if (level.object) reader.var_string();
    const std::uint8_t* const start = reader.position();
    const std::uint8_t inner = reader.u8();
    if (!reader.ok() || skip_flat(reader, inner, start)) continue;
    if (levels.size() == kAnyDepthMax) {
      reader.set_error_at("value nested too deeply", start);
      return;
    }
    const bool object = static_cast<AnyTag>(inner) == AnyTag::Object;
    levels.push_back({.left = reader.var_uint(), .object = object});
  }
}

void write_tag(ByteWriter& writer, AnyTag tag) { writer.u8(static_cast<std::uint8_t>(tag)); }

void write_text(ByteWriter& writer, std::string_view text) {
  if (has_lone_surrogate(text)) {
    writer.var_string(to_well_formed(text));
  } else {
    writer.var_string(text);
  }
}

void write_number(ByteWriter& writer, double number) {
  constexpr double kIntegerMax = 2147483647.0;
  if (std::abs(number) <= kIntegerMax && std::trunc(number) == number) {
    write_tag(writer, AnyTag::Integer);
    writer.var_int(static_cast<std::uint64_t>(std::abs(number)), std::signbit(number));
    return;
  }
  const bool in_range = std::abs(number) <= static_cast<double>(std::numeric_limits<float>::max());
  if (std::isinf(number) ||
      (in_range && static_cast<double>(static_cast<float>(number)) == number)) {
    write_tag(writer, AnyTag::Float32);
    writer.float32(static_cast<float>(number));
    return;
  }
  write_tag(writer, AnyTag::Float64);
  // JavaScript has one NaN.
  writer.float64(std::isnan(number) ? std::bit_cast<double>(0x7FF8000000000000) : number);
}

}  // namespace

Any::Any(AnyArray value) : value_(Box<AnyArray>(std::move(value))) {}

Any::Any(AnyObject value) : value_(Box<AnyObject>(std::move(value))) {}

bool operator==(const Any& a, const Any& b) noexcept {
  if (a.value_.index() != b.value_.index()) return false;
  if (const double* number = a.as_number()) {
    return *number == *b.as_number() || (std::isnan(*number) && std::isnan(*b.as_number()));
  }
  if (const bool* boolean = a.as_bool()) return *boolean == *b.as_bool();
  if (const BigInt* bigint = a.as_bigint()) return *bigint == *b.as_bigint();
  if (const std::string* text = a.as_string()) return *text == *b.as_string();
  if (const Bytes* bytes = a.as_bytes()) return *bytes == *b.as_bytes();
  if (const AnyArray* array = a.as_array()) return *array == *b.as_array();
  if (const AnyObject* object = a.as_object()) return *object == *b.as_object();
  return true;
}

AnyObject::AnyObject(std::vector<Member> members) : members_(std::move(members)) {
  if (members_.size() < 2) return;
  drop_repeated_keys(members_);
  put_indices_first(members_);
}

const Any* AnyObject::find(std::string_view key) const noexcept {
  const auto found = std::ranges::find(members_, key, &Member::first);
  return found == members_.end() ? nullptr : &found->second;
}

void AnyObject::set(std::string_view key, Any value) {
  const auto found = std::ranges::find(members_, key, &Member::first);
  if (found != members_.end()) {
    found->second = std::move(value);
    return;
  }
  auto place = members_.end();
  if (const auto index = array_index(key)) {
    place = std::ranges::find_if(members_, [&index](const Member& member) {
      const auto other = array_index(member.first);
      return !other || *other > *index;
    });
  }
  members_.insert(place, Member{std::string(key), std::move(value)});
}

bool operator==(const AnyObject& a, const AnyObject& b) noexcept {
  if (a.members_.size() != b.members_.size()) return false;
  if (std::ranges::equal(a.members_, b.members_, {}, &AnyObject::Member::first,
                         &AnyObject::Member::first)) {
    return std::ranges::equal(a.members_, b.members_, {}, &AnyObject::Member::second,
                              &AnyObject::Member::second);
  }
  // Same keys in another order: both sorted by key, side by side.
  const auto sorted = [](const AnyObject& object) {
    std::vector<const AnyObject::Member*> members;
    members.reserve(object.members_.size());
    for (const AnyObject::Member& member : object.members_) members.push_back(&member);
    std::ranges::sort(members, {},
                      [](const AnyObject::Member* m) -> const std::string& { return m->first; });
    return members;
  };
  return std::ranges::equal(sorted(a), sorted(b),
                            [](const AnyObject::Member* left, const AnyObject::Member* right) {
                              return left->first == right->first && left->second == right->second;
                            });
}

// NOLINTBEGIN(clang-analyzer-cplusplus.NewDeleteLeaks): Box owns what it allocates
Any read_any(ByteReader& reader) {
  Any value = read_value(reader, 0);
  if (!reader.ok()) value = Any{};
  return value;
}

// NOLINTEND(clang-analyzer-cplusplus.NewDeleteLeaks)

ByteView skip_any(ByteReader& reader) {
  const std::uint8_t* const start = reader.position();
  const std::uint8_t tag = reader.u8();
  if (reader.ok() && !skip_flat(reader, tag, start)) {
    skip_nested(reader, static_cast<AnyTag>(tag));
  }
  if (!reader.ok()) return {};
  return {start, reader.position()};
}

void write_any(ByteWriter& writer, const Any& value) {
  if (value.is_null()) {
    write_tag(writer, AnyTag::Null);
  } else if (const double* number = value.as_number()) {
    write_number(writer, *number);
  } else if (const bool* boolean = value.as_bool()) {
    write_tag(writer, *boolean ? AnyTag::True : AnyTag::False);
  } else if (const BigInt* bigint = value.as_bigint()) {
    write_tag(writer, AnyTag::BigInt);
    writer.big_int64(bigint->value);
  } else if (const std::string* text = value.as_string()) {
    write_tag(writer, AnyTag::String);
    write_text(writer, *text);
  } else if (const Bytes* bytes = value.as_bytes()) {
    write_tag(writer, AnyTag::Bytes);
    writer.var_bytes(*bytes);
  } else if (const AnyArray* array = value.as_array()) {
    write_tag(writer, AnyTag::Array);
    writer.var_uint(array->size());
    for (const Any& item : *array) write_any(writer, item);
  } else if (const AnyObject* object = value.as_object()) {
    write_tag(writer, AnyTag::Object);
    writer.var_uint(object->size());
    for (const auto& [key, item] : object->members()) {
      write_text(writer, key);
      write_any(writer, item);
    }
  } else {
    write_tag(writer, AnyTag::Undefined);
  }
}

}  // namespace ycpp
