#include "ycpp/update/delete_ranges.h"

#include "ycpp/encoding/byte_writer.h"

#include <algorithm>
#include <span>
#include <utility>

namespace ycpp {

namespace {

bool follows(const DeleteSet::Range& a, const DeleteSet::Range& b) noexcept {
  return a.client > b.client || (a.client == b.client && a.range.end() <= b.range.clock);
}

bool is_ordered(std::span<const DeleteSet::Range> ranges) noexcept {
  const auto wrong = [](const DeleteSet::Range& a, const DeleteSet::Range& b) {
    return !follows(a, b);
  };
  const auto is_empty = [](const DeleteSet::Range& entry) { return entry.range.length == 0; };
  return std::ranges::adjacent_find(ranges, wrong) == ranges.end() &&
         std::ranges::none_of(ranges, is_empty);
}

// The ranges at the front that are of one client.
std::span<const DeleteSet::Range> front_client(std::span<const DeleteSet::Range> ranges) noexcept {
  const ClientId client = ranges.front().client;
  const auto other = std::ranges::find_if(
      ranges, [client](const DeleteSet::Range& entry) { return entry.client != client; });
  return {ranges.begin(), other};
}

}  // namespace

void write_delete_ranges(ByteWriter& writer, UpdateFormat format,
                         std::vector<DeleteSet::Range> ranges) {
  if (!is_ordered(ranges)) {
    DeleteSet::from_ranges(std::move(ranges)).write(writer, format);
    return;
  }
  std::span<const DeleteSet::Range> left{ranges};
  std::uint64_t client_count = 0;
  for (; !left.empty(); left = left.subspan(front_client(left).size())) ++client_count;
  writer.var_uint(client_count);
  left = ranges;
  while (!left.empty()) {
    const std::span<const DeleteSet::Range> client = front_client(left);
    left = left.subspan(client.size());
    writer.var_uint(client.front().client.value());
    writer.var_uint(client.size());
    Clock end = 0;
    for (const auto& [id, range] : client) {
      const bool relative = format == UpdateFormat::V2;
      writer.var_uint(relative ? range.clock - end : range.clock);
      writer.var_uint(relative ? range.length - 1 : range.length);
      end = range.end();
    }
  }
}

}  // namespace ycpp
