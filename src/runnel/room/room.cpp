#include "runnel/room/room.h"

#include "base/check.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace runnel::room {

namespace {

// How long a room that leaves looks again whether its last writes are committed.
constexpr Duration kWritePoll{10};

constexpr const char* kUnanswered =
    "the room failed before what was written was stored; the server's log says why";

// Answers a request that nobody answered: a client of HTTP must not wait for ever.
class SureResponse {
 public:
  explicit SureResponse(Respond respond) : respond_(std::move(respond)) {}

  SureResponse(SureResponse&& other) noexcept : respond_(std::exchange(other.respond_, nullptr)) {}

  SureResponse(const SureResponse&) = delete;
  SureResponse& operator=(const SureResponse&) = delete;
  SureResponse& operator=(SureResponse&&) = delete;

  ~SureResponse() { answer({.status = 503, .headers = {}, .body = to_bytes(kUnanswered)}); }

  void answer(RoomResponse response) {
    if (Respond respond = std::exchange(respond_, nullptr)) respond(std::move(response));
  }

 private:
  Respond respond_;
};

int status_of(OpenOutcome outcome) { return outcome == OpenOutcome::Deleted ? 410 : 503; }

}  // namespace

Room::Room(RoomDirectory& directory, RoomId id, const HandlerFactory& factory)
    : directory_(directory),
      id_(std::move(id)),
      storage_(id_, directory.deps_.store, directory.deps_.time, gate_,
               directory.options_.gate_appends, *this),
      mailbox_(directory.options_.queue_messages, directory.options_.queue_bytes),
      self_(std::make_shared<Room*>(this)) {
  handler_ = factory(*this);
  RUNNEL_CHECK(handler_ != nullptr);
}

Room::~Room() {
  // A handler may point at connections; never the other way round.
  handler_.reset();
  directory_.deps_.executor.cancel(linger_timer_);
  directory_.deps_.executor.cancel(alarm_timer_);
}

void Room::load() {
  ++directory_.loading_;
  directory_.deps_.store.load(id_,
                              [weak = std::weak_ptr(self_)](Result<storage::RoomRecord> record) {
                                if (const auto self = weak.lock())
                                  (*self)->loaded(std::move(record));
                              });
}

void Room::loaded(Result<storage::RoomRecord> record) {
  if (over_) return;
  if (!record) {
    fail(std::move(record.error()));
    return;
  }
  if (record->state == storage::RoomState::Deleted) {
    close_all(close_code::kRoomDeleted, "ROOM_DELETED");
    end(OpenOutcome::Deleted);
    return;
  }
  storage_.set_record(std::move(*record));
  run_turn([this] { handler_->on_start(once(&Room::started)); });
}

void Room::started(const Result<void>& outcome) {
  if (phase_ != RoomPhase::Loading) return;
  if (!outcome) {
    fail(outcome.error());
    return;
  }
  --directory_.loading_;
  go_live();
}

void Room::go_live() {
  phase_ = RoomPhase::Live;
  answer_waiters(OpenOutcome::Ready);
  drain_mailbox();
  consider_idling();
}

Done Room::once(void (Room::*then)(const Result<void>&)) {
  // Posted, so that a handler which answers at once is not entered again before it has returned.
  return [weak = std::weak_ptr(self_), then, called = false](Result<void> outcome) mutable {
    const auto self = weak.lock();
    if (self == nullptr || std::exchange(called, true)) return;
    Room& room = **self;
    room.directory_.deps_.executor.post([weak, then, outcome = std::move(outcome)] {
      if (const auto alive = weak.lock(); alive != nullptr && !(*alive)->over_) {
        ((*alive)->*then)(outcome);
      }
    });
  };
}

Task Room::guarded(Task task) {
  return [weak = std::weak_ptr(self_), task = std::move(task)]() mutable {
    if (const auto self = weak.lock()) (*self)->run_turn(std::move(task));
  };
}

void Room::run_turn(Task work) {
  if (over_) return;
  try {
    work();
  } catch (const std::exception& thrown) {
    fail({.code = Errc::Unavailable, .detail = std::string("the room threw: ") + thrown.what()});
  } catch (...) {
    fail({.code = Errc::Unavailable, .detail = "the room threw something"});
  }
}

void Room::write_failed(const Error& error) { fail(error); }

void Room::reads_finished() {
  drain_mailbox();
  consider_idling();
}

// --- What arrives

bool Room::takes_events() const noexcept {
  return !over_ && phase_ == RoomPhase::Live && !storage_.is_reading();
}

void Room::accept(RoomEvent event) {
  if (over_) return;
  if (takes_events() && mailbox_.is_empty()) {
    handle(std::move(event));
    return;
  }
  const auto* message = std::get_if<MessageEvent>(&event);
  const ConnectionId sender = message != nullptr ? message->connection : ConnectionId();
  if (mailbox_.push(std::move(event)) || message == nullptr) return;
  // Dropping it silently would lose an edit; without the connection the client sends it again.
  if (Connection* connection = member(sender)) {
    connection->close(close_code::kTryAgainLater, "ROOM_BUSY");
  }
}

void Room::drain_mailbox() {
  while (takes_events()) {
    auto event = mailbox_.pop();
    if (!event) return;
    handle(std::move(*event));
  }
}

void Room::handle(RoomEvent event) {
  if (auto* message = std::get_if<MessageEvent>(&event)) {
    Connection* from = member(message->connection);
    if (from != nullptr) handle_message(*from, message->kind, message->payload);
  } else if (auto* connect = std::get_if<ConnectEvent>(&event)) {
    handle_connect(connect->connection);
  } else if (auto* close = std::get_if<CloseEvent>(&event)) {
    handle_close(close->connection);
  } else if (auto* request = std::get_if<RequestEvent>(&event)) {
    run_turn([&] { handler_->on_request(request->request, gated(std::move(request->respond))); });
  } else {
    handle_alarm();
  }
}

// An answer may tell what was written for it, so it passes the gate as messages do.
Respond Room::gated(Respond respond) {
  return [weak = std::weak_ptr(self_),
          sure = SureResponse(std::move(respond))](RoomResponse response) mutable {
    const auto self = weak.lock();
    if (!self) return;
    (*self)->gate_.after_writes([sure = std::move(sure), response = std::move(response)]() mutable {
      sure.answer(std::move(response));
    });
  };
}

void Room::open(RoomDirectory::Opened done) {
  directory_.deps_.executor.cancel(linger_timer_);
  if (phase_ == RoomPhase::Live) {
    done(OpenOutcome::Ready);
    consider_idling();
  } else {
    waiters_.push_back(std::move(done));
  }
}

Connection* Room::connect(ConnectInfo info, std::unique_ptr<ConnectionPort> port) {
  directory_.deps_.executor.cancel(linger_timer_);
  auto made = std::make_unique<Connection>(std::move(info), std::move(port), gate_);
  Connection* connection = made.get();
  connection->traffic_.since_ms = time().wall_ms();
  connections_.push_back(std::move(made));
  accept(ConnectEvent{connection->id()});
  return over_ ? nullptr : connection;
}

void Room::handle_connect(ConnectionId id) {
  Connection* connection = member(id);
  if (connection == nullptr) return;
  connection->announced_ = true;
  run_turn([&] {
    connection->tags_ = handler_->tags(connection->info());
    handler_->on_connect(*connection);
  });
}

void Room::deliver(Connection& connection, PayloadKind kind, ByteView payload) {
  if (connection.is_closing()) return;
  if (takes_events() && mailbox_.is_empty()) {
    handle_message(connection, kind, payload);
    return;
  }
  accept(MessageEvent{.connection = connection.id(), .kind = kind, .payload = to_bytes(payload)});
}

void Room::handle_message(Connection& connection, PayloadKind kind, ByteView payload) {
  if (connection.closing_) return;
  ++connection.traffic_.messages_in;
  run_turn([&] { handler_->on_message(connection, kind, payload); });
}

void Room::disconnected(Connection& connection) {
  // Nothing more is sent to it; what it said before is still heard, in its turn.
  connection.gone_ = true;
  gate_.forget(connection);
  accept(CloseEvent{connection.id()});
}

void Room::handle_close(ConnectionId id) {
  const auto found = std::ranges::find(connections_, id, &Connection::id);
  if (found == connections_.end()) return;
  const std::unique_ptr<Connection> gone = std::move(*found);
  connections_.erase(found);
  gate_.forget(*gone);
  if (gone->announced_) run_turn([&] { handler_->on_close(*gone); });
  consider_idling();
}

void Room::request(RoomRequest request, Respond respond) {
  directory_.deps_.executor.cancel(linger_timer_);
  accept(RequestEvent{.request = std::move(request), .respond = std::move(respond)});
  consider_idling();
}

void Room::set_identity(Connection& connection, Identity identity) {
  if (connection.info_.identity == identity) return;
  connection.info_.identity = std::move(identity);
  if (!is_listed(connection)) return;
  run_turn([&] { handler_->on_identity_changed(connection); });
}

void Room::revoke(Connection& connection, std::string_view reason) {
  if (connection.is_closing()) return;
  run_turn([&] { handler_->on_revoked(connection, reason); });
  connection.close(close_code::kPolicy, "AUTH_FORBIDDEN");
}

void Room::durable(storage::Seq seq) {
  storage_.set_durable(seq);
  if (phase_ == RoomPhase::Live) run_turn([&] { handler_->on_durable(seq); });
}

// --- Alarm

void Room::alarm_due() {
  if (!alarm_busy_) accept(AlarmEvent{});
}

void Room::handle_alarm() {
  const auto due = storage_.alarm();
  if (alarm_busy_ || !due || *due > time().wall_ms()) return;
  alarm_busy_ = true;
  alarm_running_ = true;
  storage_.alarm_started();
  try {
    handler_->on_alarm(once(&Room::alarm_done));
  } catch (...) {
    alarm_done(runnel::fail(Errc::Unavailable, "on_alarm threw"));
  }
}

void Room::alarm_done(const Result<void>& outcome) {
  if (!std::exchange(alarm_running_, false)) return;
  const bool set_anew = storage_.alarm().has_value();
  if (outcome || set_anew) {
    alarm_retry_.reset();
    alarm_busy_ = false;
    storage_.alarm_finished();
    consider_idling();
    return;
  }
  const auto delay = alarm_retry_.next(random());
  if (!delay) {
    log().error("gave up an alarm after its last retry",
                {{"room", id_.external_name()}, {"error", outcome.error().detail}});
    alarm_retry_.reset();
    alarm_busy_ = false;
    storage_.alarm_finished();
    consider_idling();
    return;
  }
  log().warning("an alarm failed and is retried", {{"room", id_.external_name()},
                                                   {"error", outcome.error().detail},
                                                   {"retry_ms", delay->count()}});
  storage_.alarm_retries(time().wall_ms());
  alarm_timer_ = after(*delay, [this] {
    alarm_busy_ = false;
    accept(AlarmEvent{});
  });
}

void Room::alarm_moved(std::optional<std::int64_t> alarm_ms) {
  if (alarm_busy_ && !alarm_running_) {
    // Set or deleted between retries: the retry is off.
    cancel(alarm_timer_);
    alarm_retry_.reset();
    alarm_busy_ = false;
  }
  directory_.alarm_changed(id_, alarm_ms);
}

// --- The end of a room

void Room::consider_idling() {
  const bool idle = phase_ == RoomPhase::Live && connections_.empty() && !alarm_busy_ &&
                    mailbox_.is_empty() && !over_;
  if (!idle) return;
  directory_.deps_.executor.cancel(linger_timer_);
  linger_timer_ = after(directory_.options_.linger, [this] {
    const bool still_idle = phase_ == RoomPhase::Live && connections_.empty() && !alarm_busy_;
    if (still_idle) evict(EvictReason::Idle);
  });
}

void Room::evict(EvictReason reason) {
  phase_ = RoomPhase::Evicting;
  run_turn([&] {
    handler_->before_evict(reason, reason == EvictReason::Idle ? once(&Room::evicted_idle)
                                                               : once(&Room::evicted_shutdown));
  });
}

void Room::evicted_idle(const Result<void>& outcome) {
  if (!outcome) {
    log().warning("a room could not be put away and stays",
                  {{"room", id_.external_name()}, {"error", outcome.error().detail}});
  }
  const bool wanted_again = !mailbox_.is_empty() || !waiters_.empty();
  if (directory_.draining_) {
    evicted_shutdown(outcome);
  } else if (!outcome || wanted_again || !gate_.is_open()) {
    go_live();
  } else {
    end(OpenOutcome::Busy);
  }
}

void Room::evicted_shutdown(const Result<void>& outcome) {
  if (!outcome) {
    log().error("a room could not save before the server stopped",
                {{"room", id_.external_name()}, {"error", outcome.error().detail}});
  }
  if (!gate_.is_open()) {
    after(kWritePoll, [this] { evicted_shutdown({}); });
    return;
  }
  end(OpenOutcome::Busy);
}

void Room::shut_down() {
  if (over_ || phase_ == RoomPhase::Evicting) return;
  if (phase_ == RoomPhase::Loading) {
    close_all(close_code::kGoingAway, "SERVER_SHUTDOWN");
    end(OpenOutcome::Busy);
    return;
  }
  // What arrived in time is taken in; nothing that comes later is.
  drain_mailbox();
  for (const auto& each : connections_) {
    each->close(close_code::kGoingAway, "SERVER_SHUTDOWN");
  }
  for (const auto& each : connections_) {
    if (std::exchange(each->announced_, false)) run_turn([&] { handler_->on_close(*each); });
  }
  if (!over_) evict(EvictReason::Shutdown);
}

void Room::removed() {
  if (over_) return;
  if (phase_ != RoomPhase::Loading) run_turn([this] { handler_->on_removed(); });
  close_all(close_code::kRoomDeleted, "ROOM_DELETED");
  if (!over_) end(OpenOutcome::Deleted);
}

void Room::fail(Error error) {
  if (over_) return;
  log().error("a room failed; it is closed and loads again when somebody comes",
              {{"room", id_.external_name()},
               {"error", to_string(error)},
               {"code", errc_name(error.code)}});
  close_all(close_code::kInternalError, "ROOM_FAILED");
  end(OpenOutcome::Failed);
}

// Past the gate: these closes promise nothing, and what the gate holds must not leave.
void Room::close_all(std::uint16_t code, std::string_view reason) {
  gate_.break_gate();
  for (const auto& each : connections_) {
    each->closing_ = true;
    each->port_->close(code, reason);
  }
}

void Room::end(OpenOutcome outcome_of_waiters) {
  if (phase_ == RoomPhase::Loading) --directory_.loading_;
  phase_ = RoomPhase::Broken;
  over_ = true;
  // Before anybody is answered: who asks again right then gets a new room, in whose way this one
  // must not stand. It is buried in a later turn.
  directory_.room_over(*this);
  while (auto event = mailbox_.pop()) {
    if (auto* request = std::get_if<RequestEvent>(&*event)) {
      request->respond({.status = status_of(outcome_of_waiters), .headers = {}, .body = {}});
    }
  }
  answer_waiters(outcome_of_waiters);
}

void Room::answer_waiters(OpenOutcome outcome) {
  for (auto& waiter : std::exchange(waiters_, {})) waiter(outcome);
}

// --- RoomContext

Log& Room::log() { return directory_.deps_.log; }

const TimeSource& Room::time() const { return directory_.deps_.time; }

RandomSource& Room::random() { return directory_.deps_.random; }

TimerId Room::after(Duration delay, Task task) {
  return directory_.deps_.executor.after(delay, guarded(std::move(task)));
}

void Room::cancel(TimerId timer) { directory_.deps_.executor.cancel(timer); }

void Room::at_turn_end(Task task) {
  directory_.deps_.executor.at_turn_end(guarded(std::move(task)));
}

Connection* Room::member(ConnectionId id) const {
  const auto slot = directory_.connections_.find(id);
  if (slot != directory_.connections_.end() && slot->second.room == this) {
    return slot->second.connection;
  }
  // Only while it is coming or going is it in the room and not in the directory.
  const auto found = std::ranges::find(connections_, id, &Connection::id);
  return found == connections_.end() ? nullptr : found->get();
}

void Room::for_each_connection(const std::function<void(Connection&)>& visit) {
  for (const auto& each : connections_) {
    if (is_listed(*each)) visit(*each);
  }
}

std::size_t Room::connection_count() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(connections_, [](const auto& each) { return is_listed(*each); }));
}

Connection* Room::connection(ConnectionId id) {
  Connection* found = member(id);
  return found != nullptr && is_listed(*found) ? found : nullptr;
}

Connection* Room::connection(std::string_view key) {
  Connection* newest = nullptr;
  for_each_connection([&](Connection& c) {
    if (c.key() == key) newest = &c;
  });
  return newest;
}

std::vector<Connection*> Room::connections_with_tag(std::string_view tag) {
  std::vector<Connection*> found;
  for_each_connection([&](Connection& c) {
    if (c.has_tag(tag)) found.push_back(&c);
  });
  return found;
}

void Room::broadcast(PayloadKind kind, SharedBytes payload, std::span<const ConnectionId> without) {
  for_each_connection([&](Connection& c) {
    if (std::ranges::find(without, c.id()) == without.end()) c.send(kind, payload);
  });
}

std::vector<ConnectionId> Room::connection_ids() const {
  std::vector<ConnectionId> ids;
  ids.reserve(connections_.size());
  for (const auto& each : connections_) ids.push_back(each->id());
  return ids;
}

void Room::visit(const std::function<void(const Connection&)>& visitor) const {
  for (const auto& each : connections_) {
    if (!each->is_closing()) visitor(*each);
  }
}

RoomStats Room::stats() const {
  RoomStats out{.id = id_,
                .phase = phase_,
                .connections = connections_.size(),
                .last_seq = storage_.last_seq(),
                .durable_seq = storage_.durable_seq(),
                .fields = {}};
  if (phase_ == RoomPhase::Live && connections_.empty()) out.phase = RoomPhase::Idle;
  std::vector<StatField> fields;
  handler_->describe(fields);
  for (const auto& [name, value] : fields) out.fields.emplace_back(std::string(name), value);
  return out;
}

}  // namespace runnel::room
