#include "bench_store.h"

#include "runnel/storage/wal_file.h"

#include <fmt/core.h>

#include <cstdlib>
#include <ctime>
#include <future>
#include <utility>

namespace runnel::storage_bench {

namespace {

double thread_cpu_us() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

// Runs on the thread of that executor and waits for it.
void run_on(Executor& executor, std::function<void()> work) {
  std::promise<void> done;
  executor.post([&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace

void give_up(const std::string& why) {
  fmt::print(stderr, "store_bench: {}\n", why);
  std::_Exit(1);
}

BenchStore::BenchStore(const std::string& directory, storage::DurabilityMode durability) {
  const std::string path = directory + "/rooms.db";
  auto store = storage::SqliteStore::open({.path = path, .durability = durability},
                                          {writer_, reader_, syncer_, {}},
                                          storage::wal_file_of(path), time_, log_);
  if (!store) give_up(to_string(store.error()));
  store_ = *store;
  run_on(loop_, [this] { rooms_ = store_->attach(loop_); });
}

BenchStore::~BenchStore() {
  run_on(loop_, [this] { rooms_.reset(); });
  for (storage::WorkerThread* thread : {&loop_, &writer_, &reader_, &syncer_}) thread->stop();
}

void BenchStore::run(std::uint64_t batches, Issue issue, std::uint64_t in_flight) {
  std::promise<void> done;
  loop_.post([&] {
    issue_ = std::move(issue);
    batch_ = 0;
    batches_ = batches;
    finished_ = [&done] { done.set_value(); };
    running_ = in_flight;
    for (std::uint64_t i = 0; i < in_flight; ++i) next_batch();
  });
  done.get_future().wait();
}

void BenchStore::next_batch() {
  if (batch_ == batches_) {
    if (--running_ == 0) finished_();
    return;
  }
  const auto open = std::make_shared<std::uint64_t>(0);
  const auto completion = [this, open]() -> storage::Completion<void> {
    ++*open;
    return [this, open](const Result<void>& outcome) { completed(*open, outcome); };
  };
  issue_(*rooms_, batch_++, completion);
}

void BenchStore::completed(std::uint64_t& open, const Result<void>& outcome) {
  if (!outcome) give_up(to_string(outcome.error()));
  if (--open == 0) next_batch();
}

void BenchStore::wait_until_durable(const RoomId& room) {
  std::promise<void> done;
  // A load answers only what is durable.
  loop_.post([&] {
    rooms_->load(room, [&done](const Result<storage::RoomRecord>& record) {
      if (!record) give_up(to_string(record.error()));
      done.set_value();
    });
  });
  done.get_future().wait();
}

void BenchStore::wait_for_reader() {
  run_on(reader_, [] {});
}

ThreadCpu BenchStore::cpu() {
  ThreadCpu cpu;
  run_on(loop_, [&cpu] { cpu.loop_us = thread_cpu_us(); });
  run_on(writer_, [&cpu] { cpu.writer_us = thread_cpu_us(); });
  run_on(syncer_, [&cpu] { cpu.syncer_us = thread_cpu_us(); });
  return cpu;
}

void BenchStore::close() {
  std::promise<Result<void>> closed;
  store_->close([&closed](Result<void> outcome) { closed.set_value(std::move(outcome)); });
  const Result<void> outcome = closed.get_future().get();
  if (!outcome) give_up(to_string(outcome.error()));
}

}  // namespace runnel::storage_bench
