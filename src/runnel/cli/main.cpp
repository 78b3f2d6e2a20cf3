#include "runnel/cli/command_line.h"

#include <span>

int main(int argc, char** argv) {
  return runnel::cli::run_command_line(
      std::span<char* const>(argv, static_cast<std::size_t>(argc)));
}
