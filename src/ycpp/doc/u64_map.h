// U64Map: 64-bit keys to 32-bit values, open addressing, nothing is ever removed. The keys come
// from peers (client ids) or from small indexes, so they are mixed with a salt before they choose a
// slot.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ycpp {

class U64Map {
 public:
  static constexpr std::uint32_t kMissing = 0xFFFFFFFF;

  explicit U64Map(std::uint64_t salt = 0) noexcept : salt_(salt) {}

  [[nodiscard]] std::uint32_t find(std::uint64_t key) const noexcept {
    if (slots_.empty()) return kMissing;
    for (std::size_t slot = slot_of(key);; slot = (slot + 1) & mask_) {
      const Slot& candidate = slots_.data()[slot];
      if (candidate.value == kMissing || candidate.key == key) return candidate.value;
    }
  }

  // `key` must be new and `value` not kMissing.
  void insert(std::uint64_t key, std::uint32_t value) {
    if ((count_ + 1) * 4 > slots_.size() * 3) grow();
    place({key, value});
    ++count_;
  }

  // Removes the key that was inserted last of all that are here. False, and nothing is removed, if
  // the table has grown since: others may then stand behind it.
  [[nodiscard]] bool erase_newest(std::uint64_t key) noexcept {
    if (count_ <= count_when_grown_) return false;
    std::size_t slot = slot_of(key);
    while (slots_.data()[slot].key != key || slots_.data()[slot].value == kMissing) {
      slot = (slot + 1) & mask_;
    }
    slots_.data()[slot] = Slot{};
    --count_;
    return true;
  }

  // Keeps the memory.
  void clear() noexcept {
    std::fill(slots_.begin(), slots_.end(), Slot{});
    count_ = 0;
    count_when_grown_ = 0;
  }

  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return slots_.capacity() * sizeof(Slot);
  }

 private:
  struct Slot {
    std::uint64_t key{0};
    std::uint32_t value{kMissing};
  };

  [[nodiscard]] std::size_t slot_of(std::uint64_t key) const noexcept {
    // The finalizer of SplitMix64 (Steele, Lea, Flood 2014).
    std::uint64_t mixed = key ^ salt_;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
    return static_cast<std::size_t>(mixed ^ (mixed >> 31U)) & mask_;
  }

  void place(Slot entry) {
    std::size_t slot = slot_of(entry.key);
    while (slots_.data()[slot].value != kMissing) slot = (slot + 1) & mask_;
    slots_.data()[slot] = entry;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 4 : slots_.size() * 2);
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& entry : old) {
      if (entry.value != kMissing) place(entry);
    }
    count_when_grown_ = count_;
  }

  std::uint64_t salt_;
  std::vector<Slot> slots_;
  std::size_t mask_{0};
  std::size_t count_{0};
  std::size_t count_when_grown_{0};
};

}  // namespace ycpp
