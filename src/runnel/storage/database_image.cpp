#include "runnel/storage/database_image.h"

#include "runnel/storage/data_files.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <unordered_set>

namespace runnel::storage {

namespace {

constexpr std::string_view kMagic{"SQLite format 3\0", 16};
constexpr std::size_t kHeaderBytes = 100;
constexpr std::size_t kWalHeaderBytes = 32;
constexpr std::size_t kFrameHeaderBytes = 24;

template <std::size_t kSize>
using Block = std::array<char, kSize>;

template <std::size_t kSize>
std::uint32_t big_endian(const Block<kSize>& block, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<std::uint8_t>(block.at(at + i));
  }
  return value;
}

template <std::size_t kSize>
bool read_block(std::ifstream& file, Block<kSize>& block) {
  file.read(block.data(), static_cast<std::streamsize>(block.size()));
  return file.gcount() == static_cast<std::streamsize>(block.size());
}

// The pages that the WAL holds, going by the salts of its frames.
std::unordered_set<std::uint32_t> pages_in_wal(const std::string& path, std::uint32_t page_bytes) {
  std::unordered_set<std::uint32_t> pages;
  std::ifstream file(path, std::ios::binary);
  Block<kWalHeaderBytes> header{};
  if (!read_block(file, header)) return pages;
  Block<kFrameHeaderBytes> frame{};
  while (read_block(file, frame)) {
    if (big_endian(frame, 8) != big_endian(header, 16) ||
        big_endian(frame, 12) != big_endian(header, 20)) {
      break;
    }
    pages.insert(big_endian(frame, 0));
    file.seekg(page_bytes, std::ios::cur);
  }
  return pages;
}

}  // namespace

Result<void> check_database_image(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Errc::Unavailable, path + " cannot be read; check its owner and rights");
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (size == 0) return {};  // all of it is in the WAL
  Block<kHeaderBytes> header{};
  if (!read_block(file, header)) return damaged_file(path, "is cut off within its first page");
  if (std::string_view(header.data(), kMagic.size()) != kMagic) {
    return damaged_file(path, "is not a database: it does not start like one");
  }
  std::uint32_t page_bytes = big_endian(header, 14) & 0xffff;
  if (page_bytes == 1) page_bytes = 65'536;
  if (page_bytes < 512 || (page_bytes & (page_bytes - 1)) != 0) {
    return damaged_file(path, "is not a database: its page size is " + std::to_string(page_bytes));
  }
  const std::uint32_t pages = big_endian(header, 28);
  const std::uintmax_t present = size / page_bytes;
  if (present >= pages) return {};
  const auto in_wal = pages_in_wal(path + "-wal", page_bytes);
  for (auto page = static_cast<std::uint32_t>(present) + 1; page <= pages; ++page) {
    if (!in_wal.contains(page)) {
      return damaged_file(path, "is cut off: it has " + std::to_string(present) + " of " +
                                    std::to_string(pages) + " pages");
    }
  }
  return {};
}

}  // namespace runnel::storage
