#include "sim_outage.h"

#include "runnel/backend/document_bytes.h"

#include "sim_replica.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace runnel::simulation {

namespace {

constexpr std::int64_t kBeginMs = 60'000;
constexpr std::int64_t kEndMs = kBeginMs + 600'000;
constexpr std::int64_t kCalmMs = 180'000;

// Delays double from 1 s to 60 s, each spread over its upper half: with none of them at its longest
// that is 26 calls in ten minutes.
constexpr std::size_t kCallsPerProcessMax = 26;

std::unique_ptr<ycpp::Doc> new_doc() {
  return std::make_unique<ycpp::Doc>(ycpp::DocOptions{.client_id = ycpp::ClientId(1'000'000)});
}

bool says(std::string_view json, std::string_view what) {
  return json.find(what) != std::string_view::npos;
}

}  // namespace

SimOutage::SimOutage(std::uint64_t seed)
    : seed_(seed), scheduler_(seed), disk_random_(seed ^ 0xd15c), disk_(disk_random_) {}

void SimOutage::fail(std::string what) {
  if (failures_.size() < 10) {
    failures_.push_back("seed " + std::to_string(seed_) + ", " +
                        std::to_string(scheduler_.now_ms()) + " ms: " + std::move(what));
  }
}

void SimOutage::run() {
  options_.application = &application_;
  options_.collab.output_bytes = 20'000;
  options_.collab.awareness_output_bytes = 2000;
  options_.collab.compact_bytes = 500 + scheduler_.random().below(4000);
  make_rooms();
  start_server();
  make_clients();
  scheduler_.run_until(kBeginMs);
  begin_outage();
  scheduler_.run_until(kEndMs);
  check_outage();
  end_outage();
  scheduler_.run_until(kEndMs + kCalmMs);
  check_end();
  check_documents();
}

void SimOutage::make_rooms() {
  constexpr std::array kKinds{RoomKind::Opened, RoomKind::Opened, RoomKind::Stored,
                              RoomKind::Stored, RoomKind::Unknown};
  for (const RoomKind kind : kKinds) {
    const RoomId id{"main", "doc-" + std::to_string(rooms_.size())};
    rooms_.push_back({id, kind});
    if (kind != RoomKind::Stored) continue;
    const Bytes content = type_update(900 + rooms_.size(), 0, 50, scheduler_.random());
    application_.model.rooms[id] = {.body = content, .revision = 1};
  }
}

void SimOutage::make_clients() {
  constexpr std::array kDialects{protocol::Dialect::YPartyKit, protocol::Dialect::YPartyServer,
                                 protocol::Dialect::YWebsocket};
  SimClientEvents events;
  events.dial = [this](std::size_t client) { return dial(client); };
  events.delivered = [](std::size_t /*client*/, ByteView /*update*/) {};
  events.durable = [](std::size_t /*client*/, ByteView /*update*/) {};
  events.control = [this](std::size_t client, std::string_view json) { heard(client, json); };
  const std::size_t count = rooms_.size() * kClientsPerRoom;
  heard_.resize(count);
  line_rate_.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const SimClientOptions options{
        .client_id = 1 + i,
        .room = room_of(i).id,
        .dialect = kDialects.at(scheduler_.random().below(kDialects.size()))};
    clients_.push_back(std::make_unique<SimClient>(i, options, scheduler_, events));
    if (i % kClientsPerRoom == 2 && scheduler_.happens(600)) {
      line_rate_[i] = 100 + scheduler_.random().below(2000);
      ++counts_.slow_clients;
    }
    const std::int64_t begin =
        room_of(i).kind == RoomKind::Opened ? 0 : kBeginMs + scheduler_.between(1000, 60'000);
    scheduler_.after(begin + scheduler_.between(0, 2000), [this, i] {
      clients_[i]->go_online();
      step(i);
    });
  }
}

std::shared_ptr<SimLink> SimOutage::dial(std::size_t client) {
  if (server_ == nullptr) return nullptr;
  auto link = std::make_shared<SimLink>(scheduler_);
  link->limit(line_rate_[client]);
  room::ConnectInfo info;
  info.key = "client-" + std::to_string(client);
  info.identity.user_id = "user-" + std::to_string(client);
  info.identity.access = AccessLevel::Edit;
  info.dialect = static_cast<std::uint8_t>(clients_[client]->options().dialect);
  info.control_messages = true;
  const RoomId room = room_of(client).id;
  server_->accept(room, std::move(info), link,
                  [this, room](const SimLink& observed) { observe(room, observed); });
  return link;
}

void SimOutage::observe(const RoomId& room, const SimLink& link) {
  largest_message_ = std::max(largest_message_, link.largest_message());
  counts_.largest_queue = std::max(counts_.largest_queue, link.buffered_bytes());
  const std::size_t bound = options_.collab.output_bytes + 4 * largest_message_ + 4096;
  if (link.buffered_bytes() > bound) {
    fail("room " + room.name + " has " + std::to_string(link.buffered_bytes()) +
         " bytes waiting for one client");
  }
}

void SimOutage::heard(std::size_t client, std::string_view json) {
  Heard& all = heard_[client];
  if (says(json, R"("available":false)")) ++all.unavailable;
  if (says(json, R"("available":true)")) ++all.available;
  if (says(json, "PERSIST_FAILED")) ++all.persist_failed;
  if (!says(json, "sync_complete")) return;
  if (over_) ++all.saved_after;
  if (application_.down) fail("a client hears of a save while the backend is down");
}

// Steady clients are always there; the others come and go, and read nothing for a while.
void SimOutage::step(std::size_t index) {
  SimClient& client = *clients_[index];
  if (!typing_) return;
  const std::uint64_t choice = scheduler_.random().below(1000);
  if (choice < 800 || is_steady(index)) {
    choice % 5 == 0 ? client.point() : client.edit();
  } else if (choice < 870) {
    client.is_online() ? client.go_offline() : client.go_online();
  } else if (choice < 930) {
    if (client.link() != nullptr) client.link()->cut();
  } else {
    if (client.link() != nullptr) client.link()->stall(scheduler_.between(100, 20'000));
  }
  scheduler_.after(
      scheduler_.happens(500) ? scheduler_.between(5, 200) : scheduler_.between(200, 6000),
      [this, index] { step(index); });
}

void SimOutage::start_server() {
  server_ = SimServer::start(options_, scheduler_, disk_);
  if (server_ == nullptr) fail("the store cannot be opened");
}

// A kill, a power cut or an orderly stop, and the next process a moment later.
void SimOutage::end_server() {
  ++counts_.restarts;
  const auto restart = [this] {
    server_.reset();
    scheduler_.after(scheduler_.between(100, 3000), [this] { start_server(); });
  };
  switch (scheduler_.random().below(3)) {
    case 0:
      disk_.kill();
      restart();
      return;
    case 1:
      disk_.cut_power();
      restart();
      return;
    default:
      server_->stop([this, restart] {
        scheduler_.after(1, [this, restart] {
          disk_.kill();
          restart();
        });
      });
  }
}

void SimOutage::begin_outage() {
  application_.down = true;
  if (scheduler_.happens(600)) {
    scheduler_.after(scheduler_.between(30'000, 500'000), [this] { end_server(); });
  }
}

void SimOutage::check_outage() {
  for (const SimRoom& room : rooms_) check_calls(room);
  const int processes = 1 + counts_.restarts;
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    const SimRoom& room = room_of(i);
    const std::string who = "client " + std::to_string(i) + " of " + room.id.name;
    if (heard_[i].persist_failed > processes) fail(who + " hears PERSIST_FAILED again and again");
    if (!is_steady(i)) continue;
    if (room.kind == RoomKind::Opened) {
      if (heard_[i].persist_failed == 0) fail(who + " is not told that nothing is saved");
      if (!clients_[i]->is_synced()) fail(who + " is not synced, though the room has a log");
    } else {
      if (heard_[i].unavailable == 0) fail(who + " is not told that the room is pending");
      if (clients_[i]->is_synced()) fail(who + " was told that a pending room is the document");
    }
  }
}

void SimOutage::check_calls(const SimRoom& room) {
  const std::size_t processes = 1 + static_cast<std::size_t>(counts_.restarts);
  std::set<std::int64_t> long_gaps;
  for (const auto kind : {SimApplication::CallKind::Load, SimApplication::CallKind::Save}) {
    std::vector<std::int64_t> times = application_.times(kind, room.id);
    std::erase_if(times, [](std::int64_t time_ms) { return time_ms < kBeginMs; });
    counts_.calls_while_down += times.size();
    // A room and its outbox each ask what the backend has.
    const std::size_t askers = kind == SimApplication::CallKind::Load ? 2 : 1;
    if (times.size() > askers * processes * kCallsPerProcessMax) {
      fail(room.id.name + " costs " + std::to_string(times.size()) + " calls in the outage");
    }
    for (std::size_t i = 1; i < times.size(); ++i) {
      if (times[i] - times[i - 1] > 20'000) long_gaps.insert(times[i] - times[i - 1]);
    }
    if (kind == SimApplication::CallKind::Save && room.kind != RoomKind::Opened && !times.empty()) {
      fail(room.id.name + " is pending, and a save of it was sent");
    }
  }
  if (long_gaps.size() < 3) fail("the retries of " + room.id.name + " are not spread");
}

void SimOutage::end_outage() {
  application_.down = false;
  over_ = true;
  // They type on for a little while into rooms that are resolved now.
  scheduler_.after(20'000, [this] {
    typing_ = false;
    std::ranges::fill(line_rate_, 0);  // for the connections to come
    for (const auto& client : clients_) client->go_online();
  });
}

void SimOutage::check_end() {
  for (const std::string& wrong : application_.wrongs) fail(wrong);
  if (server_ == nullptr) return fail("the server does not come back");
  if (server_->rooms_waiting() != 0) {
    fail(std::to_string(server_->rooms_waiting()) + " rooms still wait for the backend");
  }
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    const std::string who = "client " + std::to_string(i) + " of " + room_of(i).id.name;
    if (!clients_[i]->is_synced()) fail(who + " is not synced in the end");
    if (!is_steady(i)) continue;
    if (heard_[i].available == 0) fail(who + " is not told that the outage is over");
    if (heard_[i].saved_after == 0) fail(who + " is not told of the first save");
  }
}

void SimOutage::check_documents() {
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    const SimRoom& room = room_of(i);
    const auto stored = application_.model.rooms.find(room.id);
    if (stored == application_.model.rooms.end()) {
      fail("the backend has nothing of " + room.id.name);
      continue;
    }
    auto doc = new_doc();
    const auto applied = doc->apply_update_v1(stored->second.body);
    if (!applied) {
      fail("the backend's state of " + room.id.name + " cannot be read");
    } else if (!equal(clients_[i]->doc(), *doc)) {
      fail("client " + std::to_string(i) + " and what the backend has of " + room.id.name +
           " differ in the end");
    }
  }
}

}  // namespace runnel::simulation
