// The column coders of format V2: runs of equal numbers, runs of equal differences, runs of equal
// bytes, and strings in one blob. The readers keep the first failure as ByteReader does.
//
// Layouts: docs/formats/updates.md, section "Columns".
#pragma once

#include "ycpp/encoding/byte_reader.h"
#include "ycpp/encoding/byte_writer.h"

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>

namespace ycpp {

// What the readers of runs have in common: the column, and what is left of the run that was read.
class RunReader {
 public:
  RunReader() = default;

  // `base` and `failed` as ByteReader has them.
  explicit RunReader(ByteView column, const std::uint8_t* base = nullptr,
                     bool* failed = nullptr) noexcept
      : in_(column, base, failed) {}

  [[nodiscard]] ByteReader& in() noexcept { return in_; }

  [[nodiscard]] const ByteReader& in() const noexcept { return in_; }

 protected:
  ByteReader in_;
  std::uint64_t count_{0};
};

// Reads what UintOptRleWriter writes.
class UintOptRleReader : public RunReader {
 public:
  using RunReader::RunReader;

  std::uint64_t read() noexcept {
    if (count_ == 0) read_run();
    --count_;
    return value_;
  }

 private:
  void read_run() noexcept;

  std::uint64_t value_{0};
};

// Reads what IntDiffOptRleWriter writes. Values stay within 0 and kMaxSafeInteger.
class IntDiffOptRleReader : public RunReader {
 public:
  using RunReader::RunReader;

  std::uint64_t read() noexcept {
    if (count_ == 0) read_run();
    --count_;
    value_ += static_cast<std::uint64_t>(difference_);
    if (value_ > kMaxSafeInteger) [[unlikely]] {
      in_.set_error("value outside 0 and 2^53 - 1");
      value_ = 0;
    }
    return value_;
  }

 private:
  void read_run() noexcept;

  std::uint64_t value_{0};
  std::int64_t difference_{0};
};

// Reads what RleByteWriter writes. The last run has no end.
class RleByteReader : public RunReader {
 public:
  using RunReader::RunReader;

  std::uint8_t read() noexcept {
    if (count_ == 0) read_run();
    --count_;
    return value_;
  }

 private:
  void read_run() noexcept;

  std::uint8_t value_{0};
};

// A string of the column and what is known of it.
struct ColumnText {
  std::string_view text;
  std::uint64_t utf16_length{0};
  bool ascii{true};
};

// Reads what StringWriter writes. A string that ends or starts inside a surrogate pair is put
// together here with its half, and is a view into this reader.
class StringReader {
 public:
  StringReader() = default;

  // The blob, and behind it the lengths.
  explicit StringReader(ByteView column, const std::uint8_t* base = nullptr,
                        bool* failed = nullptr) noexcept;

  ColumnText read();

  [[nodiscard]] ByteReader& in() noexcept { return lengths_.in(); }

  [[nodiscard]] const ByteReader& in() const noexcept { return lengths_.in(); }

  // Whether a string that was handed out is a view into this reader.
  [[nodiscard]] bool owns_views() const noexcept { return !cut_.empty(); }

  [[nodiscard]] const ByteReader& failed_blob() const noexcept { return blob_reader_; }

 private:
  ColumnText read_wide(std::uint64_t length);

  ByteReader blob_reader_;
  bool ascii_{true};
  std::string_view blob_;
  std::size_t position_{0};  // byte of the next character
  bool in_pair_{false};      // the next string starts with the low half of the pair there
  UintOptRleReader lengths_;
  std::list<std::string> cut_;  // takes no memory while it is empty, as a deque would
};

// Numbers, each once for as often as it stands there in a row: what the two columns of runs have in
// common. `Form` says how a number is written, and with it whether a count follows. Numbers are
// clocks, lengths, client ids and differences of them: at most 2^53, doubled.
template <class Number, class Form>
class RunWriter {
 public:
  void write(Number number) {
    if (number == number_) {
      ++count_;
      return;
    }
    flush();
    number_ = number;
    count_ = 1;
  }

  // What was written; nothing may be written after it.
  [[nodiscard]] ByteView finish() {
    flush();
    return out_.view();
  }

 private:
  void flush() {
    if (count_ == 0) return;
    const bool is_run = count_ > 1;
    std::uint8_t* const out = out_.open(2 * kVarUintBytesMax);
    std::uint8_t* end = Form::put(out, number_, is_run);
    if (const std::uint64_t more = is_run ? count_ - 2 : 0; more < 0x80) [[likely]] {
      // Whether it is a run follows no pattern: the byte is written and then counted or not.
      *end = static_cast<std::uint8_t>(more);
      end += is_run ? 1 : 0;
    } else {
      end = put_var_uint(end, more);
    }
    out_.close(end);
  }

  ByteWriter out_;
  Number number_{0};
  std::uint64_t count_{0};
};

// A value once is itself, a run of it is its negative (negative zero for zero) and the count - 2.
struct SignedRunForm {
  static std::uint8_t* put(std::uint8_t* out, std::uint64_t value, bool is_run) noexcept {
    return put_irregular(out, signed_groups(value, is_run));
  }
};

using UintOptRleWriter = RunWriter<std::uint64_t, SignedRunForm>;

// Differences to the value before, doubled, plus one if a count - 2 follows.
class IntDiffOptRleWriter {
 public:
  void write(std::uint64_t value) {
    differences_.write(static_cast<std::int64_t>(value - value_));
    value_ = value;
  }

  // What was written; nothing may be written after it.
  [[nodiscard]] ByteView finish() { return differences_.finish(); }

 private:
  struct Form {
    static std::uint8_t* put(std::uint8_t* out, std::int64_t difference, bool is_run) noexcept {
      const std::int64_t number = (difference * 2) + (is_run ? 1 : 0);
      const auto magnitude = static_cast<std::uint64_t>(number < 0 ? -number : number);
      return put_irregular(out, signed_groups(magnitude, number < 0));
    }
  };

  RunWriter<std::int64_t, Form> differences_;
  std::uint64_t value_{0};
};

// A byte and the length of its run - 1; the last length is left out.
class RleByteWriter {
 public:
  void write(std::uint8_t value) {
    if (count_ > 0 && value == value_) {
      ++count_;
      return;
    }
    if (count_ > 0) out_.var_uint(count_ - 1);
    out_.u8(value);
    value_ = value;
    count_ = 1;
  }

  [[nodiscard]] ByteView finish() const { return out_.view(); }

 private:
  ByteWriter out_;
  std::uint8_t value_{0};
  std::uint64_t count_{0};
};

// All strings in one blob, then their lengths in UTF-16 code units. Halves of a surrogate pair that
// come to stand side by side are one character in the blob; others become U+FFFD.
class StringWriter {
 public:
  void write(std::string_view text, std::uint64_t utf16_length);

  // The same for text that is known to be ASCII.
  void write_ascii(std::string_view text) {
    blob_ += text;
    lengths_.write(text.size());
  }

  struct Parts {
    std::string_view blob;
    ByteView lengths;
  };

  // What the column consists of: the blob with its size in front, and the lengths. Nothing may be
  // written after it.
  [[nodiscard]] Parts finish();

 private:
  std::string blob_;
  bool may_have_halves_{false};
  UintOptRleWriter lengths_;
};

}  // namespace ycpp
