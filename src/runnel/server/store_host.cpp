#include "runnel/server/store_host.h"

#include "runnel/storage/wal_file.h"

#include "ycpp/update/merge.h"

#include <future>
#include <span>
#include <tuple>
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
  host->store_ = RUNNEL_TRY(storage::SqliteStore::open(
      std::move(options),
      {.writer = host->writer_,
       .reader = host->reader_,
       .syncer = host->syncer_,
       .borrow_writer = [&writer = host->writer_](
                            const std::function<void()>& task) { return writer.try_run(task); }},
      storage::wal_file_of(host->database_path_), time, log));
  return host;
}

StoreHost::~StoreHost() {
  std::ignore = close();  // whoever wants to hear of a failure closes it first
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
