// What commands say to a person: errors with a next step, tables, bytes to standard output.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace runnel::cli {

// "error: …" and, unless empty, "  next: …" on standard error. Returns kFailure.
int report_error(std::string_view what, std::string_view next = {});

void print(std::string_view text);  // to standard output, as it stands

// Columns as wide as their widest cell; the first row is the head.
void print_table(const std::vector<std::vector<std::string>>& rows);

// "-" is standard input.
[[nodiscard]] Result<Bytes> read_input(const std::string& path);

// Empty and "-" are standard output. A file is replaced only once all of it is written.
[[nodiscard]] Result<void> write_output(const std::string& path, ByteView bytes);

}  // namespace runnel::cli
