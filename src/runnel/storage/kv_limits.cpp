#include "runnel/storage/kv_limits.h"

#include <string>

namespace runnel::storage {

Result<void> check_kv_limits(const std::vector<KvChange>& changes) {
  for (const KvChange& change : changes) {
    if (change.key.size() > kKvKeyBytesMax) {
      return fail(Errc::LimitExceeded, "Keys cannot be larger than 2048 bytes. A key of size " +
                                           std::to_string(change.key.size()) + " was provided.");
    }
    if (change.value && change.value->size() > kKvValueBytesMax) {
      return fail(Errc::LimitExceeded, "Values cannot be larger than 131072 bytes. A value of " +
                                           std::to_string(change.value->size()) +
                                           " bytes was provided.");
    }
  }
  return {};
}

}  // namespace runnel::storage
