// Result<T>: the outcome of an operation that can fail for reasons outside the program (bytes of a
// peer, a disk, a backend). It is [[nodiscard]] as a class, because a dropped plain std::expected
// compiles silently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace runnel {

// What kind of failure it was: decides who has to act (the sender, the operator, a retry).
enum class Errc : std::uint8_t {
  Malformed,      // the bytes are not what their format says
  LimitExceeded,  // well-formed, but over a bound of base/limits.h or of the configuration
  Invalid,        // an argument, name or setting that cannot be meant
  NotFound,       // what was asked for does not exist
  Denied,         // known and refused
  Conflict,       // somebody else changed or holds it
  Unavailable,    // a disk, backend or peer did not do its part; a retry may help
  Corrupt,        // stored data is damaged
};

// Name of an error kind as logs print it, such as "limit_exceeded".
[[nodiscard]] const char* errc_name(Errc code) noexcept;

struct Error {
  // `byte` where an error belongs to no particular byte of an input.
  static constexpr std::size_t kNoByte = static_cast<std::size_t>(-1);

  Errc code{Errc::Malformed};
  std::string detail;         // one sentence: what was being done, to what, what was expected
  std::size_t byte{kNoByte};  // offset into the input at which it was noticed

  friend bool operator==(const Error&, const Error&) = default;
};

// "detail (at byte N)", for a person.
[[nodiscard]] std::string to_string(const Error& error);

[[nodiscard]] inline std::unexpected<Error> fail(Errc code, std::string detail,
                                                 std::size_t byte = Error::kNoByte) {
  return std::unexpected(Error{code, std::move(detail), byte});
}

template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

}  // namespace runnel

// Evaluates to the value, or returns the error from the enclosing function. Do not nest it.
#define RUNNEL_TRY(...)                                                          \
  __extension__({                                                                \
    auto&& runnel_try_result = (__VA_ARGS__);                                    \
    if (!runnel_try_result) [[unlikely]]                                         \
      return std::unexpected(                                                    \
          std::forward<decltype(runnel_try_result)>(runnel_try_result).error()); \
    *std::forward<decltype(runnel_try_result)>(runnel_try_result);               \
  })

// The same for a Result<void>, or where the value is not wanted.
#define RUNNEL_TRY_VOID(...)                                                     \
  do {                                                                           \
    auto&& runnel_try_result = (__VA_ARGS__);                                    \
    if (!runnel_try_result) [[unlikely]]                                         \
      return std::unexpected(                                                    \
          std::forward<decltype(runnel_try_result)>(runnel_try_result).error()); \
  } while (false)
