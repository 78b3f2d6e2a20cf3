#include "runnel/net/address_limits.h"

#include <algorithm>

namespace runnel::net {

namespace {

// How often idle entries are looked for; a table that is full is swept at once.
constexpr std::int64_t kSweepIntervalMs = 10'000;

}  // namespace

Admission AddressLimits::admit(std::string_view address, std::int64_t now_ms) {
  Entry* entry = entry_for(address, now_ms);
  if (entry == nullptr) return Admission::TableFull;
  if (entry->open >= options_.connections_max) return Admission::TooManyConnections;
  if (entry->tokens < 1) return Admission::TooManyHandshakes;
  entry->tokens -= 1;
  ++entry->open;
  return Admission::Admitted;
}

void AddressLimits::release(std::string_view address, std::int64_t now_ms) {
  const auto found = entries_.find(std::string(address));
  if (found == entries_.end() || found->second.open == 0) return;
  --found->second.open;
  sweep(now_ms);
}

Admission AddressLimits::admit_handshake(std::string_view address, std::int64_t now_ms) {
  Entry* entry = entry_for(address, now_ms);
  if (entry == nullptr) return Admission::TableFull;
  if (entry->tokens < 1) return Admission::TooManyHandshakes;
  entry->tokens -= 1;
  return Admission::Admitted;
}

AddressLimits::Entry* AddressLimits::entry_for(std::string_view address, std::int64_t now_ms) {
  sweep(now_ms);
  std::string key(address);
  if (const auto found = entries_.find(key); found != entries_.end()) {
    refill(found->second, now_ms);
    return &found->second;
  }
  if (entries_.size() >= options_.addresses_max) {
    swept_ms_ = now_ms - kSweepIntervalMs;
    sweep(now_ms);
    if (entries_.size() >= options_.addresses_max) return nullptr;
  }
  const Entry fresh{
      .open = 0, .tokens = static_cast<double>(options_.handshakes_burst), .refilled_ms = now_ms};
  return &entries_.emplace(std::move(key), fresh).first->second;
}

void AddressLimits::refill(Entry& entry, std::int64_t now_ms) const {
  const double seconds = static_cast<double>(now_ms - entry.refilled_ms) / 1000.0;
  const double tokens = entry.tokens + seconds * options_.handshakes_per_second;
  entry.tokens = std::min(tokens, static_cast<double>(options_.handshakes_burst));
  entry.refilled_ms = now_ms;
}

// An address without connections and with a full bucket is forgotten: it would start the same.
void AddressLimits::sweep(std::int64_t now_ms) {
  if (now_ms - swept_ms_ < kSweepIntervalMs) return;
  swept_ms_ = now_ms;
  const auto full = static_cast<double>(options_.handshakes_burst);
  std::erase_if(entries_, [&](const auto& item) {
    Entry entry = item.second;
    refill(entry, now_ms);
    return entry.open == 0 && entry.tokens >= full;
  });
}

}  // namespace runnel::net
