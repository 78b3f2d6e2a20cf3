#include "runnel/cli/terminal.h"

#include "runnel/cli/command_line.h"

#include "base/read_stream.h"
#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

namespace runnel::cli {

int report_error(std::string_view what, std::string_view next) {
  fmt::print(stderr, "error: {}\n", what);
  if (!next.empty()) fmt::print(stderr, " next: {}\n", next);
  return kFailure;
}

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += i + 1 == row.size() ? row[i] : fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    text += '\n';
  }
  print(text);
}

Result<Bytes> read_input(const std::string& path) {
  if (path == "-") return to_bytes(RUNNEL_TRY(read_stream(std::cin, "standard input")));
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Errc::NotFound, path + ": cannot be opened");
  return to_bytes(RUNNEL_TRY(read_stream(file, path)));
}

Result<void> write_output(const std::string& path, ByteView bytes) {
  if (path.empty() || path == "-") {
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size() ||
        std::fflush(stdout) != 0) {
      return fail(Errc::Unavailable, "standard output is closed");
    }
    return {};
  }
  // A pipe or a device is written as it is; a file is there whole or as it was.
  std::error_code error;
  const bool replaced =
      std::filesystem::is_regular_file(path, error) || !std::filesystem::exists(path, error);
  const std::string temporary = replaced ? path + ".part" : path;
  {
    std::ofstream file(temporary, std::ios::binary);
    file << as_text(bytes) << std::flush;
    if (!file) {
      if (replaced) std::filesystem::remove(temporary, error);
      return fail(Errc::Unavailable, path + ": cannot be written; choose another file with -o");
    }
  }
  if (!replaced) return {};
  std::filesystem::rename(temporary, path, error);
  if (error) return fail(Errc::Unavailable, path + ": cannot be written: " + error.message());
  return {};
}

}  // namespace runnel::cli
