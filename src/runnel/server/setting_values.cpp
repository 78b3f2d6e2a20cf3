#include "runnel/server/setting_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <numeric>

namespace runnel::server {

namespace {

constexpr std::int64_t kDurationMaxMs = std::int64_t{10} * 366 * 24 * 3600 * 1000;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 5> kTimes{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

// Decimal ones first: they are what is printed when both would fit.
constexpr std::array<Unit, 8> kSizes{{{"GB", 1'000'000'000},
                                      {"MB", 1'000'000},
                                      {"KB", 1000},
                                      {"GiB", std::uint64_t{1} << 30U},
                                      {"MiB", std::uint64_t{1} << 20U},
                                      {"KiB", std::uint64_t{1} << 10U},
                                      {"B", 1},
                                      {"", 1}}};

// A number and one of the units; nothing when it is anything else or above `max`.
template <std::size_t N>
Result<std::uint64_t> parse_with_unit(std::string_view text, const std::array<Unit, N>& units,
                                      std::uint64_t max, const char* expected) {
  const std::string_view trimmed = trim(text);
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
  const std::string_view unit =
      trim(trimmed.substr(static_cast<std::size_t>(end - trimmed.data())));
  const auto found = std::ranges::find(units, unit, &Unit::name);
  if (error != std::errc{} || found == units.end() || number > max / found->factor) {
    return fail(Errc::Invalid, expected);
  }
  return number * found->factor;
}

template <std::size_t N>
std::string format_with_unit(std::uint64_t value, const std::array<Unit, N>& units) {
  for (const Unit& unit : units) {
    if (value % unit.factor == 0)
      return std::to_string(value / unit.factor) + std::string(unit.name);
  }
  return std::to_string(value);
}

// Number of single-character edits between the two (Wagner and Fischer 1974).
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= left.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

Result<Duration> parse_duration(std::string_view text) {
  const std::string_view trimmed = trim(text);
  if (trimmed == "off" || trimmed == "0") return Duration{0};
  const std::uint64_t milliseconds =
      RUNNEL_TRY(parse_with_unit(trimmed, kTimes, static_cast<std::uint64_t>(kDurationMaxMs),
                                 "expected a duration such as 250ms, 30s, 5m or 2h"));
  return Duration{static_cast<std::int64_t>(milliseconds)};
}

std::string format_duration(Duration duration) {
  if (duration.count() <= 0) return "off";
  return format_with_unit(static_cast<std::uint64_t>(duration.count()), kTimes);
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  return parse_with_unit(text, kSizes, std::uint64_t{1} << 50U,
                         "expected a size such as 4096, 64KB, 10MB or 1GiB");
}

std::string format_bytes(std::uint64_t bytes) {
  return bytes == 0 ? "0" : format_with_unit(bytes, kSizes);
}

Result<bool> parse_switch(std::string_view text) {
  constexpr std::array<std::string_view, 4> kYes{"true", "yes", "on", "1"};
  constexpr std::array<std::string_view, 4> kNo{"false", "no", "off", "0"};
  const std::string_view trimmed = trim(text);
  if (std::ranges::find(kYes, trimmed) != kYes.end()) return true;
  if (std::ranges::find(kNo, trimmed) != kNo.end()) return false;
  return fail(Errc::Invalid, "expected true or false");
}

Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t max) {
  const std::string_view trimmed = trim(text);
  std::uint64_t number = 0;
  const auto [end, error] =
      std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
  if (error != std::errc{} || end != trimmed.data() + trimmed.size() || number > max) {
    return fail(Errc::Invalid, "expected a whole number from 0 to " + std::to_string(max));
  }
  return number;
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> elements;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view element = trim(text.substr(0, comma));
    if (!element.empty()) elements.emplace_back(element);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return elements;
}

std::string format_list(const std::vector<std::string>& elements) {
  std::string text;
  for (const std::string& element : elements) {
    if (!text.empty()) text += ", ";
    text += element;
  }
  return text;
}

std::string_view nearest(std::string_view text, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, text.size() / 4) + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(text, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace runnel::server
