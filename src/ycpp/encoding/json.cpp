#include "ycpp/encoding/json.h"

#include "ycpp/encoding/utf.h"

#include <array>
#include <bitset>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace ycpp {

namespace {

// Walks JSON text token by token. Keeps the first failure, like ByteReader.
class JsonScanner {
 public:
  explicit JsonScanner(std::string_view text) noexcept : text_(text) {}

  [[nodiscard]] bool ok() const noexcept { return error_ == nullptr; }

  [[nodiscard]] std::size_t position() const noexcept { return pos_; }

  [[nodiscard]] const char* what() const noexcept { return error_; }

  void set_error(const char* what) noexcept {
    if (error_ == nullptr) error_ = what;
  }

  // The next character that is no white space, not consumed; NUL at the end (which no token has).
  char peek() noexcept {
    while (pos_ < text_.size() && is_space(text_[pos_])) ++pos_;
    return pos_ < text_.size() ? text_[pos_] : '\0';
  }

  bool consume(char expected) noexcept {
    if (peek() != expected || pos_ == text_.size()) return false;
    ++pos_;
    return true;
  }

  [[nodiscard]] bool at_end() noexcept { return peek() == '\0' && pos_ == text_.size(); }

  bool consume_word(std::string_view word) noexcept {
    if (!text_.substr(pos_).starts_with(word)) {
      set_error("unexpected character");
      return false;
    }
    pos_ += word.size();
    return true;
  }

  // What stands between the quotes, escapes checked and not resolved.
  std::string_view string_token() noexcept {
    ++pos_;
    const std::size_t start = pos_;
    while (pos_ < text_.size()) {
      const char character = text_[pos_];
      if (character == '"') {
        ++pos_;
        return text_.substr(start, pos_ - 1 - start);
      }
      if (static_cast<unsigned char>(character) < 0x20) {
        set_error("control character in a string");
        return {};
      }
      if (character == '\\' && !skip_escape()) return {};
      ++pos_;
    }
    set_error("string without end");
    return {};
  }

  std::string_view number_token() noexcept {
    const std::size_t start = pos_;
    if (current() == '-') ++pos_;
    if (current() == '0') {
      ++pos_;
    } else if (skip_digits() == 0) {
      set_error("unexpected character");
      return {};
    }
    if (current() == '.') {
      ++pos_;
      if (skip_digits() == 0) set_error("digit expected");
    }
    if (current() == 'e' || current() == 'E') {
      ++pos_;
      if (current() == '+' || current() == '-') ++pos_;
      if (skip_digits() == 0) set_error("digit expected");
    }
    return text_.substr(start, pos_ - start);
  }

 private:
  static bool is_space(char character) noexcept {
    return character == ' ' || character == '\t' || character == '\n' || character == '\r';
  }

  static bool is_hex(char character) noexcept {
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f') ||
           (character >= 'A' && character <= 'F');
  }

  [[nodiscard]] char current() const noexcept { return pos_ < text_.size() ? text_[pos_] : '\0'; }

  std::size_t skip_digits() noexcept {
    const std::size_t start = pos_;
    while (current() >= '0' && current() <= '9') ++pos_;
    return pos_ - start;
  }

  // Stands on the backslash; leaves the position on the last character of the escape.
  bool skip_escape() noexcept {
    constexpr std::string_view kSimple = "\"\\/bfnrt";
    ++pos_;
    if (pos_ < text_.size() && kSimple.find(text_[pos_]) != std::string_view::npos) return true;
    if (current() == 'u') {
      for (int i = 0; i < 4; ++i) {
        ++pos_;
        if (!is_hex(current())) break;
        if (i == 3) return true;
      }
    }
    set_error("escape that JSON does not have");
    return false;
  }

  std::string_view text_;
  std::size_t pos_{0};
  const char* error_{nullptr};
};

std::uint32_t hex_value(std::string_view digits) noexcept {
  std::uint32_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return value;
}

char simple_escape(char letter) noexcept {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return letter;
  }
}

std::string unescape(std::string_view token) {
  std::string text;
  text.reserve(token.size());
  while (!token.empty()) {
    const std::size_t plain = std::min(token.find('\\'), token.size());
    append_wtf8(text, token.substr(0, plain));
    token.remove_prefix(plain);
    if (token.empty()) break;
    if (token[1] == 'u') {
      std::string unit;
      append_code_point(unit, hex_value(token.substr(2, 4)));
      append_wtf8(text, unit);
      token.remove_prefix(6);
    } else {
      text += simple_escape(token[1]);
      token.remove_prefix(2);
    }
  }
  return text;
}

// Whether a number that no double can hold is too small and not too large: the power of ten of its
// first significant digit tells.
bool is_too_small(std::string_view token) noexcept {
  const std::size_t e = std::min(token.find_first_of("eE"), token.size());
  const std::string_view mantissa = token.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = std::min(mantissa.find_first_of("123456789"), mantissa.size());
  auto power = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first);
  if (e < token.size()) {
    std::string_view digits = token.substr(e + 1);
    if (digits.front() == '+') digits.remove_prefix(1);
    std::int64_t exponent = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    constexpr std::int64_t kBeyondAnyText = std::int64_t{1} << 62;
    if (result.ec != std::errc{} || exponent > kBeyondAnyText || exponent < -kBeyondAnyText) {
      return digits.front() == '-';
    }
    power += exponent;
  }
  return power < 0;
}

double to_number(std::string_view token) noexcept {
  double value = 0;
  const auto result = std::from_chars(token.data(), token.data() + token.size(), value);
  if (result.ec != std::errc::result_out_of_range) return value;
  const double magnitude = is_too_small(token) ? 0.0 : std::numeric_limits<double>::infinity();
  return token.front() == '-' ? -magnitude : magnitude;
}

Any parse_value(JsonScanner& scanner, std::size_t depth);

Any parse_array(JsonScanner& scanner, std::size_t depth) {
  AnyArray array;
  scanner.consume('[');
  if (scanner.consume(']')) return array;
  while (scanner.ok()) {
    array.push_back(parse_value(scanner, depth + 1));
    if (scanner.consume(']')) break;
    if (!scanner.consume(',')) scanner.set_error("comma or bracket expected");
  }
  return array;
}

Any parse_object(JsonScanner& scanner, std::size_t depth) {
  std::vector<AnyObject::Member> members;
  scanner.consume('{');
  if (scanner.consume('}')) return AnyObject{};
  while (scanner.ok()) {
    if (scanner.peek() != '"') {
      scanner.set_error("key expected");
      break;
    }
    std::string key = unescape(scanner.string_token());
    if (!scanner.consume(':')) scanner.set_error("colon expected");
    if (!scanner.ok()) break;
    members.emplace_back(std::move(key), parse_value(scanner, depth + 1));
    if (scanner.consume('}')) break;
    if (!scanner.consume(',')) scanner.set_error("comma or brace expected");
  }
  return AnyObject{std::move(members)};
}

// Recursion is bounded by kAnyDepthMax.
Any parse_value(JsonScanner& scanner, std::size_t depth) {
  switch (scanner.peek()) {
    case '[':
    case '{':
      if (depth == kAnyDepthMax) {
        scanner.set_error("value nested too deeply");
        return {};
      }
      return scanner.peek() == '[' ? parse_array(scanner, depth) : parse_object(scanner, depth);
    case '"': {
      const std::string_view token = scanner.string_token();
      return scanner.ok() ? Any{unescape(token)} : Any{};
    }
    case 't':
      return scanner.consume_word("true");
    case 'f':
      return !scanner.consume_word("false");
    case 'n':
      scanner.consume_word("null");
      return Null{};
    default: {
      const std::string_view token = scanner.number_token();
      return scanner.ok() ? Any{to_number(token)} : Any{};
    }
  }
}

// Consumes a value that holds no others, or the bracket that opens one that does.
void skip_token(JsonScanner& scanner, char first) {
  switch (first) {
    case '"':
      scanner.string_token();
      return;
    case 't':
      scanner.consume_word("true");
      return;
    case 'f':
      scanner.consume_word("false");
      return;
    case 'n':
      scanner.consume_word("null");
      return;
    default:
      scanner.number_token();
      return;
  }
}

void skip_key(JsonScanner& scanner) {
  if (scanner.peek() != '"') {
    scanner.set_error("key expected");
    return;
  }
  scanner.string_token();
  if (!scanner.consume(':')) scanner.set_error("colon expected");
}

// The arrays and objects that a walk is inside of.
class JsonLevels {
 public:
  explicit JsonLevels(JsonScanner& scanner) noexcept : scanner_(scanner) {}

  // Consumes the bracket and what comes before the first value. False if there is none.
  bool open(char bracket) noexcept {
    if (depth_ == kAnyDepthMax) {
      scanner_.set_error("value nested too deeply");
      return false;
    }
    const bool is_object = bracket == '{';
    scanner_.consume(bracket);
    if (scanner_.consume(is_object ? '}' : ']')) return false;
    objects_[depth_++] = is_object;
    if (is_object) skip_key(scanner_);
    return true;
  }

  // After a value: consumes the brackets that follow, or the comma and the key before the next
  // value. False if no value follows.
  bool next_value() noexcept {
    while (depth_ > 0 && scanner_.consume(objects_[depth_ - 1] ? '}' : ']')) --depth_;
    if (depth_ == 0 || !scanner_.ok()) return false;
    if (!scanner_.consume(',')) {
      scanner_.set_error("comma or bracket expected");
      return false;
    }
    if (objects_[depth_ - 1]) skip_key(scanner_);
    return true;
  }

 private:
  JsonScanner& scanner_;
  std::bitset<kAnyDepthMax> objects_;
  std::size_t depth_{0};
};

// Walks one value without recursion.
void skip_value(JsonScanner& scanner) noexcept {
  JsonLevels levels{scanner};
  while (scanner.ok()) {
    const char first = scanner.peek();
    if (first == '[' || first == '{') {
      if (levels.open(first)) continue;
    } else {
      skip_token(scanner, first);
    }
    if (!scanner.ok() || !levels.next_value()) return;
  }
}

void append_escaped(std::string& out, unsigned unit) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kHex[(unit >> shift) & 0xFU];
}

void append_json_character(std::string& out, char character) {
  switch (character) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      append_escaped(out, static_cast<unsigned char>(character));
  }
}

// Halves of surrogate pairs are escaped, as JSON.stringify does since ES2019.
void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == '"' || byte == '\\') {
      append_json_character(out, text[i]);
    } else if (byte == 0xED && i + 2 < text.size() &&
               static_cast<unsigned char>(text[i + 1]) >= 0xA0) {
      const auto second = static_cast<unsigned char>(text[i + 1]);
      const auto third = static_cast<unsigned char>(text[i + 2]);
      append_escaped(out, 0xD000U | ((second & 0x3FU) << 6U) | (third & 0x3FU));
      i += 2;
    } else {
      out += text[i];
    }
  }
  out += '"';
}

void append_json_array(std::string& out, const AnyArray& array) {
  out += '[';
  bool first = true;
  for (const Any& item : array) {
    if (!std::exchange(first, false)) out += ',';
    append_json(out, item);
  }
  out += ']';
}

void append_json_object(std::string& out, const AnyObject& object) {
  out += '{';
  bool first = true;
  for (const auto& [key, item] : object.members()) {
    if (item.is_undefined()) continue;
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, key);
    out += ':';
    append_json(out, item);
  }
  out += '}';
}

// A Uint8Array is an object with its indices as keys.
void append_json_bytes(std::string& out, const Bytes& bytes) {
  out += '{';
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) out += ',';
    out += '"' + std::to_string(i) + "\":" + std::to_string(bytes[i]);
  }
  out += '}';
}

// The shortest decimal digits that read back as the number, and where the point stands.
struct Decimal {
  std::array<char, 24> digits{};
  int count{0};
  int point{0};  // the value is 0.DIGITS times ten to this power
};

Decimal shortest_decimal(double magnitude) noexcept {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude,
                                          std::chars_format::scientific);
  static_cast<void>(error);
  Decimal decimal;
  const char* next = buffer.data();
  for (; next != end && *next != 'e'; ++next) {
    if (*next != '.') decimal.digits[static_cast<std::size_t>(decimal.count++)] = *next;
  }
  const char* exponent = next + 1;
  if (*exponent == '+') ++exponent;
  int power = 0;
  std::from_chars(exponent, end, power);
  decimal.point = power + 1;
  return decimal;
}

}  // namespace

void append_js_number(std::string& out, double number) {
  if (std::isnan(number)) {
    out += "NaN";
    return;
  }
  if (number == 0) {
    out += '0';
    return;
  }
  if (number < 0) out += '-';
  if (std::isinf(number)) {
    out += "Infinity";
    return;
  }
  const Decimal decimal = shortest_decimal(std::abs(number));
  const std::string_view digits{decimal.digits.data(), static_cast<std::size_t>(decimal.count)};
  const auto zeros = [&out](int count) { out.append(static_cast<std::size_t>(count), '0'); };
  // ECMAScript, Number::toString: plain notation from 1e-7 to below 1e21.
  if (decimal.point > 21 || decimal.point <= -6) {
    out += digits.front();
    if (digits.size() > 1) out += '.';
    out += digits.substr(1);
    out += decimal.point > 0 ? "e+" : "e-";
    out += std::to_string(std::abs(decimal.point - 1));
  } else if (decimal.point >= decimal.count) {
    out += digits;
    zeros(decimal.point - decimal.count);
  } else if (decimal.point > 0) {
    out += digits.substr(0, static_cast<std::size_t>(decimal.point));
    out += '.';
    out += digits.substr(static_cast<std::size_t>(decimal.point));
  } else {
    out += "0.";
    zeros(-decimal.point);
    out += digits;
  }
}

// NOLINTBEGIN(clang-analyzer-cplusplus.NewDeleteLeaks): Box owns what it allocates
Result<Any> parse_json(std::string_view text) {
  JsonScanner scanner{text};
  Any value = parse_value(scanner, 0);
  if (scanner.ok() && !scanner.at_end()) scanner.set_error("text after the value");
  if (scanner.ok()) return value;
  return runnel::fail(Errc::Malformed, std::string("JSON: ") + scanner.what(), scanner.position());
}

// NOLINTEND(clang-analyzer-cplusplus.NewDeleteLeaks)

bool is_json(std::string_view text) noexcept {
  JsonScanner scanner{text};
  skip_value(scanner);
  return scanner.ok() && scanner.at_end();
}

std::string to_json(const Any& value) {
  std::string out;
  append_json(out, value);
  return out;
}

void append_json(std::string& out, const Any& value) {
  if (const double* number = value.as_number()) {
    if (std::isfinite(*number)) {
      append_js_number(out, *number);
    } else {
      out += "null";
    }
  } else if (const bool* boolean = value.as_bool()) {
    out += *boolean ? "true" : "false";
  } else if (const BigInt* bigint = value.as_bigint()) {
    out += std::to_string(bigint->value);
  } else if (const std::string* text = value.as_string()) {
    append_json_string(out, *text);
  } else if (const AnyArray* array = value.as_array()) {
    append_json_array(out, *array);
  } else if (const AnyObject* object = value.as_object()) {
    append_json_object(out, *object);
  } else if (const Bytes* bytes = value.as_bytes()) {
    append_json_bytes(out, *bytes);
  } else {
    out += "null";
  }
}

}  // namespace ycpp
