// StoreHost: the store of a data directory with the threads it runs on, and the lock that makes it
// ours. Built first, taken down last.
#pragma once

#include "runnel/server/config.h"
#include "runnel/server/data_dir.h"
#include "runnel/storage/sqlite_store.h"
#include "runnel/storage/worker_thread.h"

#include "base/log.h"
#include "base/result.h"
#include "base/time_source.h"

#include <memory>
#include <string>

namespace runnel::server {

inline constexpr const char* kDatabaseName = "rooms.db";

class StoreHost {
 public:
  // Makes the directory when it is missing. Errors name the file and the next step.
  static Result<std::unique_ptr<StoreHost>> open(const Config& config, const TimeSource& time,
                                                 Log& log);

  StoreHost(const StoreHost&) = delete;
  StoreHost& operator=(const StoreHost&) = delete;
  StoreHost(StoreHost&&) = delete;
  StoreHost& operator=(StoreHost&&) = delete;
  ~StoreHost();

  [[nodiscard]] storage::SqliteStore& store() { return *store_; }

  [[nodiscard]] const std::string& database_path() const { return database_path_; }

  // Folds and empties the write-ahead log; blocks. Idempotent. What was written before is safe
  // without it: it only makes the next start shorter.
  Result<void> close();

 private:
  explicit StoreHost(DataDirLock lock) : lock_(std::move(lock)) {}

  DataDirLock lock_;
  std::string database_path_;
  storage::WorkerThread writer_{"store-writer"};
  storage::WorkerThread reader_{"store-reader"};
  storage::WorkerThread syncer_{"store-syncer"};
  std::shared_ptr<storage::SqliteStore> store_;
};

}  // namespace runnel::server
