// The flags of `runnel doc …`; what they do is in doc_command.h.
#pragma once

#include <CLI/App.hpp>

#include <functional>

namespace runnel::cli {

// Adds the commands below `app`. The chosen one calls `choose` with what is to be run.
void add_doc_commands(CLI::App& app,
                      const std::function<void(std::function<int()> command)>& choose);

}  // namespace runnel::cli
