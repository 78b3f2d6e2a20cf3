#include "runnel/collab/offenders.h"

#include <algorithm>

namespace runnel::collab {

void Offenders::add(std::string_view key, std::int64_t now_ms) {
  if (key.empty()) return;
  // An offence counts until it is as long over as it lasted at most.
  std::erase_if(offences_, [&](const auto& each) {
    return each.second.until_ms + options_.last.count() < now_ms;
  });
  if (offences_.size() >= options_.keys && !offences_.contains(key)) {
    offences_.erase(std::ranges::min_element(
        offences_, {}, [](const auto& each) { return each.second.until_ms; }));
  }
  Offence& offence = offences_[std::string(key)];
  std::int64_t wait_ms = options_.first.count();
  for (int i = 0; i < offence.count && wait_ms < options_.last.count(); ++i) wait_ms *= 2;
  ++offence.count;
  offence.until_ms = now_ms + std::min(wait_ms, options_.last.count());
}

std::int64_t Offenders::retry_after_ms(std::string_view key, std::int64_t now_ms) const {
  const auto found = offences_.find(key);
  if (found == offences_.end()) return 0;
  return std::max<std::int64_t>(0, found->second.until_ms - now_ms);
}

}  // namespace runnel::collab
