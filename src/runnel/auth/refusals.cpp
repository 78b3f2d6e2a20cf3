#include "runnel/auth/refusals.h"

#include <algorithm>
#include <cmath>

namespace runnel::auth {

void DenialCache::remember(const std::string& key, DenyReason reason, std::int64_t now_ms,
                           Duration lifetime) {
  const std::uint64_t order = next_order_++;
  Entry& entry = entries_[key];
  if (entry.order != 0) by_order_.erase(entry.order);
  entry = {.reason = reason, .until_ms = now_ms + lifetime.count(), .order = order};
  by_order_[order] = key;
  while (entries_.size() > entries_max_) {
    const auto oldest = by_order_.begin();
    entries_.erase(oldest->second);
    by_order_.erase(oldest);
  }
}

std::optional<DenyReason> DenialCache::find(const std::string& key, std::int64_t now_ms) const {
  const auto found = entries_.find(key);
  if (found == entries_.end() || found->second.until_ms <= now_ms) return std::nullopt;
  return found->second.reason;
}

void DenialCache::forget(const std::string& key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  by_order_.erase(found->second.order);
  entries_.erase(found);
}

RefusalLimiter::Entry& RefusalLimiter::entry(const std::string& address, std::int64_t now_ms) {
  if (!addresses_.contains(address)) make_room(now_ms);
  const auto [found, added] = addresses_.try_emplace(address);
  Entry& entry = found->second;
  if (added) {
    entry.tokens = options_.burst;
    entry.refilled_ms = now_ms;
  }
  const double refill =
      static_cast<double>(now_ms - entry.refilled_ms) * options_.per_second / 1000.0;
  entry.tokens = std::min(options_.burst, entry.tokens + refill);
  entry.refilled_ms = now_ms;
  return entry;
}

void RefusalLimiter::make_room(std::int64_t now_ms) {
  if (addresses_.size() < options_.addresses_max) return;
  std::erase_if(addresses_, [&](const auto& item) {
    const Entry& entry = item.second;
    const double refill =
        static_cast<double>(now_ms - entry.refilled_ms) * options_.per_second / 1000.0;
    return entry.tokens + refill >= options_.burst;
  });
  // Addresses that are all still busy refusing: an attack from everywhere. Forgetting one is no
  // worse than never having known it.
  if (addresses_.size() >= options_.addresses_max) addresses_.erase(addresses_.begin());
}

std::optional<Duration> RefusalLimiter::reserve(const std::string& address, std::int64_t now_ms) {
  Entry& known = entry(address, now_ms);
  if (known.tokens >= 1) {
    known.tokens -= 1;
    return std::nullopt;
  }
  const double wait_ms = std::ceil((1 - known.tokens) * 1000.0 / options_.per_second);
  return Duration{static_cast<std::int64_t>(wait_ms)};
}

void RefusalLimiter::refund(const std::string& address) {
  const auto found = addresses_.find(address);
  if (found == addresses_.end()) return;
  found->second.tokens = std::min(options_.burst, found->second.tokens + 1);
}

Duration RefusalLimiter::delay(const std::string& address, std::int64_t now_ms) {
  Entry& known = entry(address, now_ms);
  if (known.refusals > 0 && now_ms - known.refused_ms >= options_.forget_after.count()) {
    known.refusals = 0;
  }
  constexpr int kDoublingsMax = 20;
  const std::int64_t doubled = options_.delay_first.count()
                               << std::min(known.refusals, kDoublingsMax);
  ++known.refusals;
  known.refused_ms = now_ms;
  return std::min(options_.delay_last, Duration{doubled});
}

}  // namespace runnel::auth
