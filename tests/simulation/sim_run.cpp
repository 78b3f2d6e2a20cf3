#include "sim_run.h"

#include "sim_replica.h"
#include "ycpp/sync/sync_message.h"

#include <algorithm>
#include <set>
#include <utility>

namespace runnel::simulation {

namespace {

constexpr std::int64_t kActiveMs = 40'000;
constexpr std::int64_t kCalmMs = 100'000;

std::unique_ptr<ycpp::Doc> new_doc() {
  return std::make_unique<ycpp::Doc>(ycpp::DocOptions{.client_id = ycpp::ClientId(1'000'000)});
}

// Nothing of the record that is stored may be unreadable.
Result<void> fill(ycpp::Doc& doc, const storage::RoomRecord& record) {
  if (!record.snapshot.empty()) RUNNEL_TRY_VOID(doc.apply_update(record.snapshot));
  for (const storage::LogEntry& entry : record.tail) {
    RUNNEL_TRY_VOID(doc.apply_update_v1(entry.update));
  }
  return {};
}

}  // namespace

SimRun::SimRun(std::uint64_t seed)
    : seed_(seed), scheduler_(seed), disk_random_(seed ^ 0xd15c), disk_(disk_random_) {}

void SimRun::fail(std::string what) {
  if (failures_.size() < 10) {
    failures_.push_back("seed " + std::to_string(seed_) + ", " +
                        std::to_string(scheduler_.now_ms()) + " ms: " + std::move(what));
  }
}

void SimRun::run() {
  choose_options();
  start();
  make_clients();
  scheduler_.after(1000, [this] { server_step(); });
  scheduler_.run_until(kActiveMs);
  calm_down();
  scheduler_.run_until(kActiveMs + kCalmMs);
  check_convergence();
  check_awareness();
  counts_.disk_faults = disk_.faults_injected();
}

void SimRun::choose_options() {
  RandomSource& random = scheduler_.random();
  options_.durability =
      scheduler_.happens(300) ? storage::DurabilityMode::Strict : storage::DurabilityMode::Gate;
  collab::CollabOptions& collab = options_.collab;
  collab.persist =
      scheduler_.happens(300) ? collab::PersistMode::History : collab::PersistMode::Snapshot;
  if (scheduler_.happens(500)) collab.history_updates = 20;
  collab.compact_bytes = 200 + random.below(4000);
  collab.awareness_output_bytes = 2000;
  collab.output_bytes = 20'000;
  collab.slow_timeout = Duration(scheduler_.between(2000, 30'000));
  options_.room.linger = Duration(scheduler_.between(500, 10'000));
  options_.journal_bytes_max = 200 + random.below(8000);
  options_.checkpoint_pages = static_cast<int>(8 + random.below(60));
  faulty_disk_ = scheduler_.happens(400);
  const std::uint64_t rooms = 1 + random.below(3);
  for (std::uint64_t i = 0; i < rooms; ++i) {
    const RoomId room{"main", "room-" + std::to_string(i)};
    rooms_.push_back(room);
    auto& debt = debts_[room];
    debt.sent = new_doc();
    debt.durable = new_doc();
  }
}

void SimRun::make_clients() {
  SimClientEvents events;
  events.dial = [this](std::size_t client) { return dial(client); };
  events.delivered = [](std::size_t /*client*/, ByteView /*update*/) {};
  events.durable = [this](std::size_t client, ByteView update) {
    ++counts_.durable_changes;
    const auto applied = debts_[clients_[client]->options().room].durable->apply_update_v1(update);
    if (!applied) fail("an acknowledged update cannot be applied");
  };
  const std::uint64_t count = 2 + scheduler_.random().below(4);
  constexpr std::array kDialects{protocol::Dialect::YPartyKit, protocol::Dialect::YPartyServer,
                                 protocol::Dialect::YWebsocket};
  for (std::size_t i = 0; i < count; ++i) {
    SimClientOptions options;
    options.client_id = next_client_id_++;
    options.room = rooms_[scheduler_.random().below(rooms_.size())];
    options.dialect = kDialects.at(scheduler_.random().below(kDialects.size()));
    clients_.push_back(std::make_unique<SimClient>(i, options, scheduler_, events));
    scheduler_.after(scheduler_.between(0, 3000), [this, i] {
      clients_[i]->go_online();
      client_step(i);
    });
  }
}

void SimRun::client_step(std::size_t index) {
  if (calm_) return;
  SimClient& client = *clients_[index];
  const std::uint64_t choice = scheduler_.random().below(1000);
  if (choice < 650) {
    client.edit();
  } else if (choice < 800) {
    client.point();
  } else if (choice < 850) {
    client.is_online() ? client.go_offline() : client.go_online();
  } else if (choice < 870) {
    client.reload(next_client_id_++);
  } else if (choice < 920) {
    if (client.link() != nullptr) client.link()->cut();
  } else if (choice < 960) {
    if (client.link() != nullptr) client.link()->stall(scheduler_.between(100, 20'000));
  } else {
    client.go_online();
  }
  scheduler_.after(
      scheduler_.happens(600) ? scheduler_.between(1, 60) : scheduler_.between(60, 4000),
      [this, index] { client_step(index); });
}

void SimRun::server_step() {
  if (calm_) return;
  scheduler_.after(scheduler_.between(200, 6000), [this] { server_step(); });
  if (server_ && server_->storage_metrics().failed_syncs.value() > 0) {
    // The kernel believes to have written what is lost: only the end of the machine tells.
    crash(true);
    return;
  }
  const std::uint64_t choice = scheduler_.random().below(100);
  if (choice < 15) {
    crash(false);
  } else if (choice < 30) {
    crash(true);
  } else if (choice < 35) {
    stop();
  } else if (faulty_disk_ && choice < 70) {
    change_faults();
  }
}

void SimRun::change_faults() {
  faults_ = {};
  switch (scheduler_.random().below(4)) {
    case 0:
      faults_.write_permille = 1 + scheduler_.random().below(60);
      break;
    case 1:
      faults_.capacity_bytes = disk_.used_bytes() + scheduler_.random().below(30'000);
      break;
    case 2:
      faults_.sync_permille = 100;
      break;
    default:
      break;
  }
  disk_.set_faults(faults_);
}

void SimRun::crash(bool power) {
  if (server_ == nullptr) return;
  power ? cut_power() : disk_.kill();
  counts_.kills += power ? 0 : 1;
  accepting_ = false;
  server_.reset();
  const std::uint64_t process = ++process_;
  scheduler_.after(scheduler_.between(0, 3000), [this, process] {
    if (process != process_) return;
    start();
    check_stored();
  });
}

void SimRun::stop() {
  if (server_ == nullptr || !accepting_) return;
  accepting_ = false;
  ++counts_.stops;
  const std::uint64_t process = ++process_;
  server_->stop([this, process] {
    // The process ends after this turn, not in it.
    scheduler_.after(1, [this, process] {
      if (process != process_) return;
      if (server_->storage_metrics().failed_syncs.value() > 0) return crash(true);
      disk_.kill();
      server_.reset();
      start();
      check_stored();
    });
  });
}

void SimRun::start() {
  const std::uint64_t process = ++process_;
  server_ = SimServer::start(options_, scheduler_, disk_);
  if (server_ != nullptr) {
    accepting_ = counts_.kills + counts_.power_cuts + counts_.stops == 0;
    return;
  }
  // The disk fails just now. What a failed fsync has lost only the end of the machine tells.
  const bool power = faults_.sync_permille > 0;
  power ? cut_power() : disk_.kill();
  disk_.set_faults({});
  scheduler_.after(scheduler_.between(100, 1000), [this, process] {
    if (process != process_) return;
    start();
    check_stored();
  });
}

// What the rooms lack after it shows when they are read next, which a faulty disk may put off.
void SimRun::cut_power() {
  disk_.cut_power();
  ++counts_.power_cuts;
  for (auto& [room, debt] : debts_) debt.lost_power = true;
}

// Every room is read before anybody is let in, past the rooms themselves.
void SimRun::check_stored() {
  if (server_ == nullptr) return;
  auto left = std::make_shared<std::size_t>(rooms_.size());
  const std::uint64_t process = process_;
  for (const RoomId& room : rooms_) {
    server_->load(room, [this, room, left, process](const Result<storage::RoomRecord>& record) {
      check_room(room, record);
      if (--*left == 0 && process == process_) accepting_ = true;
    });
  }
}

void SimRun::check_room(const RoomId& room, const Result<storage::RoomRecord>& record) {
  if (!record) {
    if (!faulty_disk_)
      fail("room " + room.name + " cannot be loaded: " + to_string(record.error()));
    if (faulty_disk_ && record.error().code == Errc::Corrupt) fail(to_string(record.error()));
    return;
  }
  auto stored = new_doc();
  const auto filled = fill(*stored, *record);
  if (!filled) {
    fail("room " + room.name +
         " holds an update that cannot be read: " + to_string(filled.error()));
    return;
  }
  RoomDebt& debt = debts_[room];
  if (!covers(*stored, *debt.durable)) {
    fail("room " + room.name + " lacks what was acknowledged as durable");
  }
  const bool strict = options_.durability == storage::DurabilityMode::Strict;
  if (!std::exchange(debt.lost_power, false) || strict) {
    if (!covers(*stored, *debt.sent)) fail("room " + room.name + " lacks what clients were sent");
    return;
  }
  // A power cut may take what was not durable yet; from now on what is stored counts.
  debt.sent = std::move(stored);
}

std::shared_ptr<SimLink> SimRun::dial(std::size_t index) {
  if (server_ == nullptr || !accepting_) return nullptr;
  const SimClientOptions& client = clients_[index]->options();
  auto link = std::make_shared<SimLink>(scheduler_);
  room::ConnectInfo info;
  info.key = "client-" + std::to_string(client.client_id);
  info.identity.user_id = "user-" + std::to_string(index);
  info.identity.access = AccessLevel::Edit;
  info.dialect = static_cast<std::uint8_t>(client.dialect);
  info.control_messages = true;
  const RoomId room = client.room;
  link->on_sent = [this, room](const SharedBytes& payload) { sent(room, payload); };
  server_->accept(room, std::move(info), link, [this, room](const SimLink& observed) {
    largest_message_ = std::max(largest_message_, observed.largest_message());
    const std::size_t bound = options_.collab.output_bytes + 4 * largest_message_ + 4096;
    if (observed.buffered_bytes() > bound) {
      fail("room " + room.name + " has " + std::to_string(observed.buffered_bytes()) +
           " bytes waiting for one client");
    }
  });
  return link;
}

void SimRun::sent(const RoomId& room, const SharedBytes& payload) {
  RoomDebt& debt = debts_[room];
  if (std::exchange(debt.last_sent, payload.get()) == payload.get()) return;
  const auto message = ycpp::decode_message(*payload);
  if (!message) return;  // text
  ByteView update;
  if (const auto* step2 = std::get_if<ycpp::SyncStep2>(&*message)) update = step2->update;
  if (const auto* change = std::get_if<ycpp::SyncUpdate>(&*message)) update = change->update;
  if (update.empty()) return;
  ++counts_.sent_updates;
  if (!debt.sent->apply_update_v1(update)) fail("the server sent an update that cannot be applied");
}

void SimRun::calm_down() {
  calm_ = true;
  faults_ = {};
  disk_.set_faults({});
  if (server_ != nullptr && server_->storage_metrics().failed_syncs.value() > 0) crash(true);
  for (auto& client : clients_) client->go_online();
}

void SimRun::check_convergence() {
  if (server_ == nullptr || !accepting_) return fail("the server does not come back");
  std::map<RoomId, std::shared_ptr<ycpp::Doc>> stored;
  for (const RoomId& room : rooms_) {
    server_->load(room, [this, room, &stored](const Result<storage::RoomRecord>& record) {
      if (!record) return fail("room " + room.name + " cannot be loaded in the end");
      stored[room] = new_doc();
      if (!fill(*stored[room], *record)) fail("what is stored cannot be read in the end");
    });
  }
  scheduler_.run_until(scheduler_.now_ms() + 100);
  for (const auto& client : clients_) {
    const auto& options = client->options();
    const std::string who =
        "client " + std::to_string(options.client_id) + " of " + options.room.name;
    if (!client->is_synced()) fail(who + " is not synced in the end");
    const auto& doc = stored[options.room];
    if (doc == nullptr || !equal(client->doc(), *doc)) {
      fail(who + " and the stored document differ in the end");
    }
  }
}

void SimRun::check_awareness() {
  for (const auto& client : clients_) check_awareness_of(*client);
}

void SimRun::check_awareness_of(const SimClient& client) {
  std::set<std::uint64_t> expected;
  for (const auto& other : clients_) {
    if (other->options().room == client.options().room) {
      expected.insert(other->options().client_id);
    }
  }
  std::set<std::uint64_t> seen;
  for (const ycpp::ClientId id : client.awareness().clients()) seen.insert(id.value());
  const std::string who = "client " + std::to_string(client.options().client_id);
  for (const std::uint64_t id : expected) {
    if (!seen.contains(id)) fail(who + " does not see client " + std::to_string(id));
  }
  for (const std::uint64_t id : seen) {
    if (!expected.contains(id)) fail(who + " sees the ghost of client " + std::to_string(id));
  }
  for (const auto& other : clients_) {
    const ycpp::ClientId id(other->options().client_id);
    const auto* theirs = other->awareness().find(id);
    const auto* ours = client.awareness().find(id);
    if (ours == nullptr || other->options().room != client.options().room) continue;
    if (ours->state != theirs->state) {
      fail(who + " sees an old state of client " + std::to_string(id.value()));
    }
  }
}

}  // namespace runnel::simulation
