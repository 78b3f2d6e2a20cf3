#include "runnel/net/output_queue.h"

#include "base/check.h"

#include <utility>

namespace runnel::net {

namespace {

// A queue that is empty keeps room for so many entries, what a quiet room needs in a turn; a
// burst's memory goes back.
constexpr std::size_t kEntriesKept = 1;

constexpr std::size_t kEntriesErased = 64;

iovec view_of(const std::uint8_t* data, std::size_t size) {
  // The kernel only reads from it; iovec has no const form.
  return {.iov_base = const_cast<std::uint8_t*>(data), .iov_len = size};
}

}  // namespace

void OutputQueue::push_raw(SharedBytes bytes) {
  if (bytes->empty()) return;
  bytes_ += bytes->size();
  entries_.push_back({.payload = std::move(bytes), .header_bytes = 0, .header = {}});
}

void OutputQueue::push_message(MessageKind kind, SharedBytes payload) {
  Entry entry{.payload = std::move(payload), .header_bytes = 0, .header = {}};
  const Opcode opcode = kind == MessageKind::Text ? Opcode::Text : Opcode::Binary;
  entry.header_bytes = static_cast<std::uint8_t>(
      write_frame_header(opcode, entry.payload->size(), std::span(entry.header)));
  bytes_ += entry.size();
  entries_.push_back(std::move(entry));
}

std::size_t OutputQueue::gather(std::span<iovec> out) const {
  std::size_t used = 0;
  std::size_t skip = written_;
  for (std::size_t i = first_; i < entries_.size() && used + 2 <= out.size(); ++i) {
    const Entry& entry = entries_[i];
    if (skip < entry.header_bytes) {
      out[used++] = view_of(entry.header.data() + skip, entry.header_bytes - skip);
      skip = 0;
    } else {
      skip -= entry.header_bytes;
    }
    if (entry.payload->size() > skip) {
      out[used++] = view_of(entry.payload->data() + skip, entry.payload->size() - skip);
    }
    skip = 0;
  }
  return used;
}

void OutputQueue::consume(std::size_t bytes) {
  RUNNEL_CHECK(bytes <= bytes_);
  bytes_ -= bytes;
  written_ += bytes;
  while (first_ < entries_.size() && written_ >= entries_[first_].size()) {
    written_ -= entries_[first_].size();
    entries_[first_].payload.reset();
    ++first_;
  }
  if (bytes_ > 0) {
    // A queue that never empties must not keep the slots of what left long ago.
    if (first_ >= kEntriesErased && first_ * 2 >= entries_.size()) {
      entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(first_));
      first_ = 0;
    }
    return;
  }
  first_ = 0;
  if (entries_.capacity() > kEntriesKept) {
    std::vector<Entry>().swap(entries_);
  } else {
    entries_.clear();
  }
}

std::size_t OutputQueue::discard_behind(std::size_t keep_bytes) {
  std::size_t discarded = 0;
  while (!entries_.empty() && entries_.size() > first_) {
    const std::size_t last = entries_.back().size();
    const bool is_partly_written = entries_.size() - 1 == first_ && written_ > 0;
    if (is_partly_written || bytes_ < last || bytes_ - last < keep_bytes) break;
    bytes_ -= last;
    discarded += last;
    entries_.pop_back();
  }
  return discarded;
}

}  // namespace runnel::net
