// How the values of settings are written: durations ("30s"), sizes ("10MB"), switches, choices and
// lists, both ways. Pure.
#pragma once

#include "base/executor.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::server {

// "250ms", "30s", "5m", "2h", "1d", and "off" or "0" for none. At most ten years.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
[[nodiscard]] std::string format_duration(Duration duration);

// Bytes: "4096", "64KB", "10MB", "1GB" (powers of 1000), "64KiB", "10MiB", "1GiB" (of 1024).
[[nodiscard]] Result<std::uint64_t> parse_bytes(std::string_view text);
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);

// "true", "yes", "on", "1" and their opposites.
[[nodiscard]] Result<bool> parse_switch(std::string_view text);

// A whole number in [0, max].
[[nodiscard]] Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t max);

// "a, b,c" as three elements; an empty text as none.
[[nodiscard]] std::vector<std::string> parse_list(std::string_view text);
[[nodiscard]] std::string format_list(const std::vector<std::string>& elements);

[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

// The candidate that `text` was probably meant to be, or empty when none is near.
[[nodiscard]] std::string_view nearest(std::string_view text,
                                       const std::vector<std::string_view>& candidates);

}  // namespace runnel::server
