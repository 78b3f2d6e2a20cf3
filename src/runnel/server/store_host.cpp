#include "runnel/server/store_host.h"

#include "ycpp/update/merge.h"
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <future>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

namespace runnel::server {

namespace {

storage::DurabilityMode mode_of(DurabilityChoice choice) {
  switch (choice) {
    case DurabilityChoice::Gate:
      return storage::DurabilityMode::Gate;
    case DurabilityChoice::Strict:
      return storage::DurabilityMode::Strict;
    case DurabilityChoice::Fast:
      return storage::DurabilityMode::Fast;
  }
  return storage::DurabilityMode::Gate;
}

// The write-ahead log carries no locks of SQLite's, so a descriptor of our own does no harm.
Result<void> sync_file(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    // A checkpoint at the end of the last connection removes it: everything is in the database.
    if (errno == ENOENT) return {};
    return fail(Errc::Unavailable, path + ": " + std::generic_category().message(errno));
  }
  const bool synced = fsync(file) == 0;
  const int error = errno;
  close(file);
  if (synced) return {};
  return fail(Errc::Unavailable, path + ": " + std::generic_category().message(error));
}

}  // namespace

Result<std::unique_ptr<StoreHost>> StoreHost::open(const Config& config, const TimeSource& time,
                                                   Log& log) {
  const std::string& data_dir = config.server.data_dir;
  RUNNEL_TRY_VOID(prepare_data_dir(data_dir));
  std::unique_ptr<StoreHost> host(new StoreHost(RUNNEL_TRY(DataDirLock::take(data_dir))));
  host->database_path_ = data_dir + "/" + kDatabaseName;
  storage::SqliteStoreOptions options;
  options.path = host->database_path_;
  options.durability = mode_of(config.storage.durability);
  options.merge = [](const std::vector<ByteView>& updates) {
    return ycpp::merge_updates_compact(std::span<const ByteView>(updates));
  };
  const std::string wal = host->database_path_ + "-wal";
  host->store_ = RUNNEL_TRY(storage::SqliteStore::open(
      std::move(options), {host->writer_, host->reader_, host->syncer_},
      [wal] { return sync_file(wal); }, time, log));
  return host;
}

StoreHost::~StoreHost() {
  (void)close();
  // The threads run what is posted before the store that they work on goes.
  writer_.stop();
  reader_.stop();
  syncer_.stop();
}

Result<void> StoreHost::close() {
  if (!store_) return {};
  std::promise<Result<void>> closed;
  std::future<Result<void>> outcome = closed.get_future();
  store_->close([&closed](Result<void> result) { closed.set_value(std::move(result)); });
  Result<void> result = outcome.get();
  writer_.stop();
  reader_.stop();
  syncer_.stop();
  store_.reset();
  return result;
}

}  // namespace runnel::server
