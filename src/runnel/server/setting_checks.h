// What the values of single settings have to be beyond their type. Each check says what was
// expected; which setting, file and line it was is said by whoever reads the value.
#pragma once

#include "base/result.h"
#include "base/time_source.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::server {

// More loops than cores only cost; each holds a few descriptors, of which a process may have 1,024.
inline constexpr std::uint32_t kLoopsMax = 256;

[[nodiscard]] bool is_url(std::string_view text);

// Of a service over HTTP; empty: none.
[[nodiscard]] Result<void> check_url(const std::string& url);

// Of a call: what follows the base URL and is followed by a query.
[[nodiscard]] Result<void> check_path(const std::string& path);

// Of the rooms of y-websocket: under no path of ours, so that it takes nothing from anybody.
[[nodiscard]] Result<void> check_room_prefix(const std::string& prefix);

// Of pages, as browsers write them in `Origin`.
[[nodiscard]] Result<void> check_origins(const std::vector<std::string>& origins);

[[nodiscard]] Result<void> check_address_blocks(const std::vector<std::string>& blocks);
[[nodiscard]] Result<void> check_loops(const std::uint32_t& loops);

// Of a call that would otherwise wait for ever.
[[nodiscard]] Result<void> check_timeout(const Duration& timeout);

// Of what goes on for ever.
[[nodiscard]] Result<void> check_interval(const Duration& interval);

// A bound of nothing would shut everybody out.
[[nodiscard]] Result<void> check_size_bound(const std::uint64_t& bytes);
[[nodiscard]] Result<void> check_count_bound(const std::uint64_t& count);

}  // namespace runnel::server
