// RUNNEL_CHECK states an invariant of our own code. It stays on in release builds and aborts the
// process: the durable log makes that safe, and a wrong state that goes on would not be.
//
// Invariant: no byte that a peer can send reaches a failing check; the fuzzers prove it. What bytes
// from outside can cause is a `Result<T>` (base/result.h).
#pragma once

namespace runnel::detail {

// Prints what failed and where to standard error and aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace runnel::detail

#define RUNNEL_CHECK(condition)                                       \
  do {                                                                \
    if (!(condition)) [[unlikely]] {                                  \
      ::runnel::detail::check_failed(#condition, __FILE__, __LINE__); \
    }                                                                 \
  } while (false)
