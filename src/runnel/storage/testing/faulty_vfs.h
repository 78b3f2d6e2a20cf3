// A SQLite VFS in memory that can do to its files what disks do: fail, run full, write only part of
// what it was given, and lose power, so that of what was not synced any part may have reached the
// disk, in any order. Everything is drawn from one random source, so a seed replays exactly.
//
// The model of a file: what is synced, and since then a list of writes and truncations. The process
// sees all of it. kill() keeps all of it, as the page cache survives a process; cut_power() keeps
// what is synced and of each later write a random choice of its 512-byte sectors. A failed fsync
// may lose what it should have written, and the next one does not know (as Linux does it).
//
// One thread.
#pragma once

#include "runnel/storage/wal_file.h"

#include "base/bytes.h"
#include "base/random_source.h"
#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace runnel::storage {

// How often an operation fails, in thousandths.
struct DiskFaults {
  std::uint64_t read_permille{0};
  std::uint64_t write_permille{0};
  std::uint64_t sync_permille{0};
  std::optional<std::size_t> capacity_bytes;  // all files together; none: endless
};

class FaultyVfs {
 public:
  explicit FaultyVfs(RandomSource& random);
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;
  FaultyVfs(FaultyVfs&&) = delete;
  FaultyVfs& operator=(FaultyVfs&&) = delete;
  ~FaultyVfs();

  // For Database::open.
  [[nodiscard]] const std::string& name() const { return name_; }

  void set_faults(DiskFaults faults) { faults_ = faults; }

  // kill() in the place of the write after that many more.
  void kill_after_writes(std::uint64_t writes) { writes_left_ = writes; }

  // The process is gone: every open file is dead, nothing written is lost.
  void kill();

  // The machine is gone: see above.
  void cut_power();

  // The WAL of the database at that path, through a descriptor of one's own.
  [[nodiscard]] std::shared_ptr<WalFile> wal_file_of(const std::string& database_path);

  // fsync of a file; NotFound when it does not exist.
  Result<void> sync(const std::string& path);

  // Writes what a file holds over itself; one that does not exist holds nothing.
  Result<void> rewrite(const std::string& path);

  [[nodiscard]] bool exists(const std::string& path) const { return files_.contains(path); }

  [[nodiscard]] std::size_t used_bytes() const;

  [[nodiscard]] std::uint64_t faults_injected() const { return faults_injected_; }

  // Syncs that failed since the machine last started, SQLite's own included: what they lost shows
  // only when the machine ends, however many processes come and go before.
  [[nodiscard]] std::uint64_t failed_syncs() const { return failed_syncs_; }

  // Flips a bit of the file, for tests of damage; also in what is synced.
  void flip_bit(const std::string& path, std::size_t byte);

  // For the callbacks in the .cpp.
  struct Pending {
    std::size_t offset{0};
    Bytes data;                       // of a write
    std::optional<std::size_t> size;  // of a truncation
  };

  struct SharedMemory {
    std::vector<std::unique_ptr<Bytes>> regions;
    std::vector<int> shared_locks = std::vector<int>(8, 0);
    std::vector<bool> exclusive_locks = std::vector<bool>(8, false);
  };

  struct File {
    Bytes content;  // what the process sees
    Bytes synced;   // what the disk has for certain
    std::vector<Pending> pending;
    bool created_for_certain{false};
    std::map<const void*, int> locks;  // by handle
    std::shared_ptr<SharedMemory> memory;
  };

  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }

  std::shared_ptr<File> open(const std::string& path, bool create);

  void remove(const std::string& path) { files_.erase(path); }

  // SQLite's result codes.
  int read(const File& file, std::uint8_t* to, std::size_t size, std::size_t offset);
  int write(File& file, ByteView data, std::size_t offset);
  int truncate(File& file, std::size_t size);
  int sync(File& file);
  void fill_random(std::uint8_t* to, std::size_t size);

 private:
  bool happens(std::uint64_t permille);
  void lose_power(File& file, std::uint64_t keep_permille);

  RandomSource& random_;
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  std::map<std::string, std::shared_ptr<File>> files_;
  DiskFaults faults_;
  std::optional<std::uint64_t> writes_left_;
  std::uint64_t epoch_{1};
  std::uint64_t faults_injected_{0};
  std::uint64_t failed_syncs_{0};
};

}  // namespace runnel::storage
