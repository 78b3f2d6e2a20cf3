#include "sim_server.h"

#include <utility>

namespace runnel::simulation {

namespace {

constexpr const char* kPath = "/data/rooms.db";
constexpr Duration kFlushLimit{5000};

}  // namespace

SimServer::SimServer(Scheduler& scheduler, storage::FaultyVfs& disk)
    : scheduler_(scheduler),
      disk_(disk),
      writer_(scheduler.time()),
      reader_(scheduler.time()),
      syncer_(scheduler.time()),
      shards_{Shard(scheduler.time()), Shard(scheduler.time())} {}

std::unique_ptr<SimServer> SimServer::start(const SimServerOptions& options, Scheduler& scheduler,
                                            storage::FaultyVfs& disk) {
  std::unique_ptr<SimServer> server(new SimServer(scheduler, disk));
  if (!server->open(options)) return nullptr;
  return server;
}

bool SimServer::open(const SimServerOptions& options) {
  storage::SqliteStoreOptions store_options{.path = kPath,
                                            .vfs = disk_.name(),
                                            .durability = options.durability,
                                            .checkpoint_pages = options.checkpoint_pages,
                                            .journal_bytes_max = options.journal_bytes_max};
  auto store = storage::SqliteStore::open(std::move(store_options),
                                          {.writer = writer_,
                                           .reader = reader_,
                                           .syncer = syncer_,
                                           .borrow_writer =
                                               [this](const std::function<void()>& task) {
                                                 const bool idle = scheduler_.happens(500);
                                                 if (idle) task();
                                                 return idle;
                                               }},
                                          disk_.wal_file_of(kPath), scheduler_.time(), log_);
  if (!store) return false;
  store_ = *store;
  for (ManualExecutor* executor : {&writer_, &reader_, &syncer_}) scheduler_.add(*executor);
  for (std::size_t index = 0; index < kShards; ++index) {
    Shard& shard = shards_.at(index);
    shard.store = store_->attach(shard.loop);
    if (options.application != nullptr) open_outbox(shard, index, *options.application);
    shard.rooms =
        std::make_unique<room::RoomDirectory>(room::RoomDirectoryDeps{.executor = shard.loop,
                                                                      .time = scheduler_.time(),
                                                                      .random = scheduler_.random(),
                                                                      .log = log_,
                                                                      .store = *shard.store},
                                              options.room);
    collab::CollabDeps deps;
    deps.offenders = &shard.offenders;
    deps.metrics = &metrics_;
    deps.source = shard.outbox.get();
    deps.saver = shard.outbox.get();
    shard.rooms->add_party("main", collab::yjs_rooms(options.collab, std::move(deps)));
    scheduler_.add(shard.loop);
  }
  return true;
}

void SimServer::open_outbox(Shard& shard, std::size_t index, SimApplication& application) {
  shard.backend = std::make_unique<SimBackend>(application, shard.loop, scheduler_);
  shard.outbox =
      std::make_unique<backend::Outbox>(backend::OutboxDeps{.executor = shard.loop,
                                                            .time = scheduler_.time(),
                                                            .random = scheduler_.random(),
                                                            .log = log_,
                                                            .store = *shard.store,
                                                            .backend = shard.backend.get()},
                                        backend::OutboxOptions{});
  shard.outbox->start(
      [index](const RoomId& room) { return room::shard_of(room, kShards) == index; }, [] {});
}

std::size_t SimServer::rooms_waiting() const {
  std::size_t waiting = 0;
  for (const Shard& shard : shards_) {
    if (shard.outbox) waiting += shard.outbox->totals().rooms_waiting;
  }
  return waiting;
}

SimServer::~SimServer() {
  for (const auto& weak : links_) {
    if (const auto link = weak.lock()) link->server_died();
  }
  for (ManualExecutor* executor : {&writer_, &reader_, &syncer_}) scheduler_.remove(*executor);
  for (Shard& shard : shards_) {
    scheduler_.remove(shard.loop);
    shard.rooms.reset();
    shard.outbox.reset();
    shard.backend.reset();
    shard.store.reset();
  }
}

void SimServer::accept(const RoomId& room, room::ConnectInfo info,
                       const std::shared_ptr<SimLink>& link,
                       std::function<void(const SimLink&)> observe) {
  links_.push_back(link);
  Shard& shard = shards_.at(room::shard_of(room, kShards));
  info.id = ConnectionId(++last_connection_);
  const ConnectionId id = info.id;
  link->at_server = [&shard, id](PayloadKind kind, Bytes payload) {
    shard.loop.post([&shard, id, kind, payload = std::move(payload)] {
      shard.rooms->deliver(id, kind, payload);
    });
  };
  link->server_lost = [&shard, id] {
    shard.loop.post([&shard, id] { shard.rooms->disconnected(id); });
  };
  shard.loop.post(
      [&shard, room, info = std::move(info), link, observe = std::move(observe)]() mutable {
        auto port = std::make_unique<SimPort>(link, std::move(observe));
        shard.rooms->connect(room, std::move(info), std::move(port));
      });
}

void SimServer::stop(Task done) {
  auto shared = std::make_shared<Task>(std::move(done));
  for (Shard& shard : shards_) {
    auto drained = [this, shared] {
      if (++drained_ < kShards) return;
      store_->close([shared](const Result<void>& /*outcome*/) { (*shared)(); });
    };
    shard.loop.post([&shard, drained] {
      shard.rooms->drain([&shard, drained] {
        shard.outbox ? shard.outbox->flush(kFlushLimit, drained) : drained();
      });
    });
  }
}

void SimServer::load(const RoomId& room, storage::Completion<storage::RoomRecord> done) {
  Shard& shard = shards_.at(room::shard_of(room, kShards));
  shard.loop.post([&shard, room, done = std::move(done)]() mutable {
    shard.store->load(room, std::move(done));
  });
}

}  // namespace runnel::simulation
