// The `runnel` command: parses its arguments, runs what they ask for and returns the exit code.
#pragma once

#include <span>

namespace runnel::cli {

inline constexpr int kSuccess = 0;
inline constexpr int kFailure = 1;
inline constexpr int kUsage = 2;

// `arguments` as `main` gets them, the program's name first.
[[nodiscard]] int run_command_line(std::span<char* const> arguments);

}  // namespace runnel::cli
