// A data directory with very many rooms that nobody is in: what it takes on disk, and what it costs
// to start on it.
#pragma once

#include <cstdint>
#include <string>

namespace runnel::storage_bench {

// Fills the directory with rooms through the store, and prints how long and how large.
void build_rooms(const std::string& directory, std::uint64_t rooms);

// In this process: opens the store and prints how long it took and what memory it takes.
void open_rooms(const std::string& directory);

// Starts `binary serve` on the directory: time until it listens, memory once it does.
void start_server(const std::string& binary, const std::string& directory);

}  // namespace runnel::storage_bench
