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

class RunReader;

// What the readers of the columns of one update share: the update, and their first failure.
class ColumnSource {
 public:
  // Columns are parts of `update`; offsets in errors count from its start.
  explicit ColumnSource(ByteView update) noexcept
      : begin_(update.data()), end_(update.data() + update.size()) {}

  ColumnSource(const ColumnSource&) = delete;
  ColumnSource& operator=(const ColumnSource&) = delete;
  ColumnSource(ColumnSource&&) = delete;
  ColumnSource& operator=(ColumnSource&&) = delete;
  ~ColumnSource() = default;

  [[nodiscard]] bool ok() const noexcept { return !failed_; }

  // To be set by whatever else reads the update, as ByteReader does.
  [[nodiscard]] bool* failed() noexcept { return &failed_; }

  [[nodiscard]] const std::uint8_t* begin() const noexcept { return begin_; }

  // Behind the bytes that may be looked at. A number is taken from more bytes than it has, and the
  // columns of small updates are shorter than that, but others follow them.
  [[nodiscard]] const std::uint8_t* end() const noexcept { return end_; }

  // Keeps the first failure. `column` says whose it is, by its address; `what` has static lifetime.
  [[gnu::cold]] void set_error(const void* column, const char* what,
                               const std::uint8_t* where) noexcept;

  // The column that failed first, or null.
  [[nodiscard]] const void* failed_column() const noexcept { return column_; }

  // What went wrong there, once failed_column() is set. `doing` says what was being read.
  [[nodiscard]] Error error(std::string_view doing) const;

 private:
  bool failed_{false};
  const std::uint8_t* begin_;
  const std::uint8_t* end_;
  const void* column_{nullptr};
  const char* what_{nullptr};
  const std::uint8_t* where_{nullptr};
};

// What the readers of runs have in common: the column, and what is left of the run that was read.
// Small, since an update of one character has nine of them. After a failure every read gives zero.
class RunReader {
 public:
  // `source` outlives the reader.
  RunReader(ByteView column, ColumnSource& source) noexcept
      : pos_(column.data()), source_(&source), end_(column.data() + column.size()) {}

  [[nodiscard]] bool at_end() const noexcept { return pos_ == end_; }

  // `what` has static lifetime.
  [[gnu::cold]] void set_error(const char* what) noexcept;

 protected:
  [[nodiscard]] std::uint8_t next_byte() noexcept {
    if (pos_ == end_) [[unlikely]] {
      set_error("unexpected end of input");
      return 0;
    }
    return *pos_++;
  }

  [[nodiscard]] std::uint64_t next_uint() noexcept {
    if (pos_ != end_ && *pos_ < 0x80) [[likely]] {
      return *pos_++;
    }
    return next_uint_slow();
  }

  [[nodiscard]] VarInt next_int() noexcept;

 private:
  std::uint64_t next_uint_slow() noexcept;
  VarInt next_int_slow() noexcept;
  void go_on_behind(const ByteReader& reader) noexcept;

  // Not side by side with the end: compilers would take both through vector registers.
  const std::uint8_t* pos_;
  ColumnSource* source_;
  const std::uint8_t* end_;

 protected:
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
      set_error("value outside 0 and 2^53 - 1");
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
  // The blob, and behind it the lengths.
  StringReader(ByteView column, ColumnSource& source) noexcept
      : blob_(read_blob(column, source)), lengths_(column, source) {}

  ColumnText read() {
    const std::uint64_t length = lengths_.read();
    if (!ascii_ || length > blob_.size() - position_) [[unlikely]] {
      return read_otherwise(length);
    }
    const std::size_t at = position_;
    position_ += static_cast<std::size_t>(length);
    return {.text = {blob_.data() + at, static_cast<std::size_t>(length)},
            .utf16_length = length,
            .ascii = true};
  }

  // The column of the lengths, which fails apart from the blob.
  [[nodiscard]] UintOptRleReader& lengths() noexcept { return lengths_; }

  [[nodiscard]] const UintOptRleReader& lengths() const noexcept { return lengths_; }

  // Whether a string that was handed out is a view into this reader.
  [[nodiscard]] bool owns_views() const noexcept { return !cut_.empty(); }

 private:
  // Leaves the lengths in `column`.
  [[nodiscard]] std::string_view read_blob(ByteView& column, ColumnSource& source) noexcept;
  ColumnText read_otherwise(std::uint64_t length);
  ColumnText read_wide(std::uint64_t length);

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
    constexpr std::uint64_t kOneByte = 0x40;
    if (value < kOneByte) [[likely]] {
      *out = static_cast<std::uint8_t>(value | (is_run ? kOneByte : 0));
      return out + 1;
    }
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
    if (count_ - 1 >= kShortMax) [[unlikely]]
      return write_first_or_long(value);
    // Whether a run goes on follows no pattern: what ends it is written and then counted or not.
    const std::uint64_t goes_on = value == value_ ? 1 : 0;
    std::uint8_t* const out = out_.open(2);
    out[0] = static_cast<std::uint8_t>(count_ - 1);
    out[1] = value;
    out_.close(out + (2 * (1 - goes_on)));
    count_ = (count_ & (0 - goes_on)) + 1;
    value_ = value;
  }

  [[nodiscard]] ByteView finish() const { return out_.view(); }

 private:
  // Runs up to here have a length of one byte.
  static constexpr std::uint64_t kShortMax = 0x80;

  void write_first_or_long(std::uint8_t value);

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
