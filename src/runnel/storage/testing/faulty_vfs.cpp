#include "runnel/storage/testing/faulty_vfs.h"

#include "runnel/storage/testing/faulty_vfs_methods.h"

#include "base/check.h"
#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace runnel::storage {

namespace {

constexpr std::size_t kSectorBytes = 512;

class FaultyWalFile final : public WalFile {
 public:
  FaultyWalFile(FaultyVfs& vfs, std::string path) : vfs_(vfs), path_(std::move(path)) {}

  Result<void> rewrite() override { return vfs_.rewrite(path_); }

  Result<void> sync() override { return vfs_.sync(path_); }

 private:
  FaultyVfs& vfs_;
  std::string path_;
};

void overwrite(Bytes& image, std::size_t offset, ByteView data) {
  if (image.size() < offset + data.size()) image.resize(offset + data.size());
  std::ranges::copy(data, image.begin() + static_cast<std::ptrdiff_t>(offset));
}

void apply(Bytes& image, const FaultyVfs::Pending& change) {
  if (change.size) {
    image.resize(*change.size);
  } else {
    overwrite(image, change.offset, change.data);
  }
}

}  // namespace

FaultyVfs::FaultyVfs(RandomSource& random) : random_(random) {
  name_ = "faulty-" + std::to_string(reinterpret_cast<std::uintptr_t>(this));
  vfs_ = make_vfs(*this, name_.c_str());
  RUNNEL_CHECK(sqlite3_vfs_register(vfs_.get(), 0) == SQLITE_OK);
}

FaultyVfs::~FaultyVfs() { sqlite3_vfs_unregister(vfs_.get()); }

bool FaultyVfs::happens(std::uint64_t permille) {
  if (permille == 0 || random_.below(1000) >= permille) return false;
  ++faults_injected_;
  return true;
}

std::shared_ptr<FaultyVfs::File> FaultyVfs::open(const std::string& path, bool create) {
  const auto found = files_.find(path);
  if (found != files_.end()) return found->second;
  if (!create) return nullptr;
  return files_.emplace(path, std::make_shared<File>()).first->second;
}

int FaultyVfs::read(const File& file, std::uint8_t* to, std::size_t size, std::size_t offset) {
  if (happens(faults_.read_permille)) return SQLITE_IOERR_READ;
  const std::size_t end = std::min(file.content.size(), offset + size);
  const std::size_t available = end > offset ? end - offset : 0;
  if (available > 0) std::memcpy(to, file.content.data() + offset, available);
  if (available == size) return SQLITE_OK;
  std::memset(to + available, 0, size - available);
  return SQLITE_IOERR_SHORT_READ;
}

int FaultyVfs::write(File& file, ByteView data, std::size_t offset) {
  if (writes_left_ && (*writes_left_)-- == 0) {
    kill();
    return SQLITE_IOERR_WRITE;
  }
  int code = SQLITE_OK;
  if (faults_.capacity_bytes) {
    const std::size_t used = used_bytes();
    const std::size_t grown = std::max(file.content.size(), offset + data.size());
    if (used - file.content.size() + grown > *faults_.capacity_bytes) {
      ++faults_injected_;
      code = SQLITE_FULL;
    }
  }
  if (code == SQLITE_OK && happens(faults_.write_permille)) code = SQLITE_IOERR_WRITE;
  // A write that fails may have written its beginning; one that finds no room only over old bytes.
  if (code == SQLITE_IOERR_WRITE && !data.empty()) data = data.first(random_.below(data.size()));
  if (code == SQLITE_FULL) {
    const std::size_t room = file.content.size() > offset ? file.content.size() - offset : 0;
    data = data.first(std::min(room, data.size()));
  }
  if (!data.empty()) {
    overwrite(file.content, offset, data);
    file.pending.push_back({.offset = offset, .data = to_bytes(data), .size = {}});
  }
  return code;
}

int FaultyVfs::truncate(File& file, std::size_t size) {
  file.content.resize(size);
  file.pending.push_back({.offset = 0, .data = {}, .size = size});
  return SQLITE_OK;
}

int FaultyVfs::sync(File& file) {
  const bool fails = happens(faults_.sync_permille);
  if (fails) {
    lose_power(file, 500);  // some of it reached the disk, and the rest counts as written
    file.created_for_certain = true;
    ++failed_syncs_;
    return SQLITE_IOERR_FSYNC;
  }
  for (const Pending& change : std::exchange(file.pending, {})) apply(file.synced, change);
  file.created_for_certain = true;
  return SQLITE_OK;
}

std::shared_ptr<WalFile> FaultyVfs::wal_file_of(const std::string& database_path) {
  return std::make_shared<FaultyWalFile>(*this, database_path + "-wal");
}

Result<void> FaultyVfs::rewrite(const std::string& path) {
  const auto found = files_.find(path);
  if (found == files_.end()) return {};
  const Bytes held = found->second->content;
  if (write(*found->second, held, 0) == SQLITE_OK) return {};
  return fail(Errc::Unavailable, "write of " + path + ": input/output error");
}

Result<void> FaultyVfs::sync(const std::string& path) {
  const auto found = files_.find(path);
  if (found == files_.end()) return fail(Errc::NotFound, "fsync of " + path + ": no such file");
  if (sync(*found->second) != SQLITE_OK) {
    return fail(Errc::Unavailable, "fsync of " + path + ": input/output error");
  }
  return {};
}

void FaultyVfs::lose_power(File& file, std::uint64_t keep_permille) {
  for (const Pending& change : std::exchange(file.pending, {})) {
    if (change.size) {
      if (random_.below(1000) < keep_permille) apply(file.synced, change);
      continue;
    }
    // Sectors of the file, not of the write.
    std::size_t at = 0;
    while (at < change.data.size()) {
      const std::size_t to_boundary = kSectorBytes - (change.offset + at) % kSectorBytes;
      const std::size_t size = std::min(to_boundary, change.data.size() - at);
      if (random_.below(1000) < keep_permille) {
        overwrite(file.synced, change.offset + at, ByteView(change.data).subspan(at, size));
      }
      at += size;
    }
  }
}

void FaultyVfs::kill() {
  ++epoch_;
  writes_left_.reset();  // meant the process that is gone now
  for (auto& [path, file] : files_) {
    file->locks.clear();
    file->memory.reset();
    // A handle of the dead process may still write to the old object; nobody sees that.
    auto kept = std::make_shared<File>(std::move(*file));
    file = std::move(kept);
  }
}

void FaultyVfs::cut_power() {
  kill();
  failed_syncs_ = 0;
  constexpr std::array<std::uint64_t, 5> kKept{0, 300, 700, 950, 1000};
  const std::uint64_t keep_permille = kKept[random_.below(kKept.size())];
  for (auto at = files_.begin(); at != files_.end();) {
    File& file = *at->second;
    if (!file.created_for_certain && random_.below(2) == 0) {
      at = files_.erase(at);
      continue;
    }
    lose_power(file, keep_permille);
    file.content = file.synced;
    file.created_for_certain = true;
    ++at;
  }
}

std::size_t FaultyVfs::used_bytes() const {
  std::size_t used = 0;
  for (const auto& [path, file] : files_) used += file->content.size();
  return used;
}

void FaultyVfs::flip_bit(const std::string& path, std::size_t byte) {
  File& file = *files_.at(path);
  for (Bytes* image : {&file.content, &file.synced}) {
    if (byte < image->size()) (*image)[byte] ^= 1;
  }
}

void FaultyVfs::fill_random(std::uint8_t* to, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<std::uint8_t>(random_.next());
}

}  // namespace runnel::storage
