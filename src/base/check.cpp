#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace runnel::detail {

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "runnel: internal error: %s does not hold (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace runnel::detail
