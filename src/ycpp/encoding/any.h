// Any: a value as JavaScript has it and lib0's `any` carries it. Deep copies and compares by
// content.
//
// A number is a double, as in JavaScript: the tag it gets on the wire follows from its value alone.
// Text is UTF-8 and may hold halves of surrogate pairs (encoding/utf.h).
#pragma once

#include "ycpp/id.h"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ycpp {

class ByteReader;
class ByteWriter;

// How deep arrays and objects may be nested, in any values and in JSON. JavaScript readers fail at
// a depth of some thousands; no document was seen beyond a few dozen.
inline constexpr std::size_t kAnyDepthMax = 512;

struct Undefined {
  friend bool operator==(Undefined, Undefined) = default;
};

struct Null {
  friend bool operator==(Null, Null) = default;
};

struct BigInt {
  std::int64_t value{0};

  friend bool operator==(BigInt, BigInt) = default;
};

// Owns a value on the heap and copies it deeply, so that Any can hold itself and stays small.
template <class T>
class Box {
 public:
  explicit Box(T value) : value_(std::make_unique<T>(std::move(value))) {}

  Box(const Box& other) : value_(std::make_unique<T>(*other.value_)) {}

  Box(Box&& other) noexcept = default;
  Box& operator=(Box&& other) noexcept = default;

  Box& operator=(const Box& other) {
    if (this != &other) value_ = std::make_unique<T>(*other.value_);
    return *this;
  }

  ~Box() = default;

  [[nodiscard]] T& operator*() noexcept { return *value_; }

  [[nodiscard]] const T& operator*() const noexcept { return *value_; }

 private:
  std::unique_ptr<T> value_;
};

class Any;
using AnyArray = std::vector<Any>;

// Keys and values in the order in which JavaScript lists them: keys that are array indices
// ascending, then the others as they were inserted.
class AnyObject {
 public:
  using Member = std::pair<std::string, Any>;

  AnyObject() noexcept;

  // Any order, of equal keys the last value at the place of the first. O(n log n).
  explicit AnyObject(std::vector<Member> members);

  // Null for a key that is not there. O(n).
  [[nodiscard]] const Any* find(std::string_view key) const noexcept;

  // Sets the value of a key, in its place if it is there. O(n).
  void set(std::string_view key, Any value);

  [[nodiscard]] const std::vector<Member>& members() const noexcept { return members_; }

  [[nodiscard]] std::size_t size() const noexcept;

  friend bool operator==(const AnyObject& a, const AnyObject& b) noexcept;

 private:
  // Invariant: no key twice, in JavaScript's order.
  std::vector<Member> members_;
};

class Any {
 public:
  Any() noexcept : value_(Undefined{}) {}

  // NOLINTBEGIN(google-explicit-constructor): a value of JavaScript is written as itself.
  Any(Undefined /*value*/) noexcept : value_(Undefined{}) {}

  Any(Null /*value*/) noexcept : value_(Null{}) {}

  Any(std::nullptr_t /*value*/) noexcept : value_(Null{}) {}

  Any(bool value) noexcept : value_(value) {}

  Any(double value) noexcept : value_(value) {}

  Any(int value) noexcept : value_(static_cast<double>(value)) {}

  Any(BigInt value) noexcept : value_(value) {}

  Any(std::string value) : value_(Box<std::string>(std::move(value))) {}

  Any(std::string_view value) : value_(Box<std::string>(std::string(value))) {}

  Any(const char* value) : value_(Box<std::string>(std::string(value))) {}

  Any(AnyArray value);
  Any(AnyObject value);

  Any(Bytes value) : value_(Box<Bytes>(std::move(value))) {}

  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] bool is_undefined() const noexcept { return is<Undefined>(); }

  [[nodiscard]] bool is_null() const noexcept { return is<Null>(); }

  // The value if it is of that kind, else null.
  [[nodiscard]] const bool* as_bool() const noexcept { return std::get_if<bool>(&value_); }

  [[nodiscard]] const double* as_number() const noexcept { return std::get_if<double>(&value_); }

  [[nodiscard]] const BigInt* as_bigint() const noexcept { return std::get_if<BigInt>(&value_); }

  [[nodiscard]] const std::string* as_string() const noexcept { return unbox<std::string>(); }

  [[nodiscard]] const Bytes* as_bytes() const noexcept { return unbox<Bytes>(); }

  [[nodiscard]] const AnyArray* as_array() const noexcept { return unbox<AnyArray>(); }

  [[nodiscard]] const AnyObject* as_object() const noexcept { return unbox<AnyObject>(); }

  [[nodiscard]] AnyArray* as_array() noexcept { return const_cast<AnyArray*>(unbox<AnyArray>()); }

  [[nodiscard]] AnyObject* as_object() noexcept {
    return const_cast<AnyObject*>(unbox<AnyObject>());
  }

  // Equal as values of the same kind: NaN equals NaN, 0 equals -0, the order of keys does not
  // matter (lib0's equalityDeep, but for NaN).
  friend bool operator==(const Any& a, const Any& b) noexcept;

 private:
  template <class T>
  [[nodiscard]] bool is() const noexcept {
    return std::holds_alternative<T>(value_);
  }

  template <class T>
  [[nodiscard]] const T* unbox() const noexcept {
    const auto* box = std::get_if<Box<T>>(&value_);
    return box == nullptr ? nullptr : &**box;
  }

  std::variant<Undefined, Null, bool, double, BigInt, Box<std::string>, Box<AnyArray>,
               Box<AnyObject>, Box<Bytes>>
      value_;
};

inline AnyObject::AnyObject() noexcept = default;

inline std::size_t AnyObject::size() const noexcept { return members_.size(); }

// Reads one value where the reader stands; on failure the reader is not ok().
[[nodiscard]] Any read_any(ByteReader& reader);

// Consumes one value, checked as read_any() does but without building it, and returns its bytes.
ByteView skip_any(ByteReader& reader);

// Writes with the tags that lib0 chooses. Halves of surrogate pairs become U+FFFD.
void write_any(ByteWriter& writer, const Any& value);

}  // namespace ycpp
