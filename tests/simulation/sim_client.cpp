#include "sim_client.h"

#include "base/check.h"
#include "sim_replica.h"
#include "ycpp/sync/sync_message.h"

#include <charconv>
#include <string_view>
#include <utility>

namespace runnel::simulation {

namespace {

constexpr std::int64_t kTickMs = 3000;       // y-protocols looks after awareness that often
constexpr std::int64_t kSilenceMs = 30'000;  // the providers give a silent connection up

std::uint64_t number_after(std::string_view json, std::string_view key) {
  const std::size_t at = json.find(key);
  std::uint64_t value = 0;
  if (at == std::string_view::npos) return value;
  const char* from = json.data() + at + key.size();
  std::from_chars(from, json.data() + json.size(), value);
  return value;
}

}  // namespace

SimClient::SimClient(std::size_t index, SimClientOptions options, Scheduler& scheduler,
                     SimClientEvents events)
    : index_(index),
      options_(std::move(options)),
      scheduler_(scheduler),
      events_(std::move(events)) {
  reload(options_.client_id);
}

std::chrono::milliseconds SimClient::now() const {
  return std::chrono::milliseconds(scheduler_.now_ms());
}

void SimClient::reload(std::uint64_t client_id) {
  if (link_) close();
  const bool online = std::exchange(wants_connection_, false);
  options_.client_id = client_id;
  const ycpp::ClientId id(client_id);
  doc_ = std::make_unique<ycpp::Doc>(ycpp::DocOptions{.client_id = id});
  awareness_ = std::make_unique<ycpp::Awareness>(id);
  typed_ = 0;
  ++page_;
  // y-protocols' constructor sets an empty state at clock 0, which nobody takes; the page's own
  // state follows at clock 1.
  awareness_->set_local_state("{}", now());
  awareness_->set_local_state(R"({"cursor":0})", now());
  scheduler_.after(kTickMs, [this, page = page_] {
    if (page == page_) tick();
  });
  if (online) go_online();
}

void SimClient::go_online() {
  if (std::exchange(wants_connection_, true)) return;
  dial();
}

void SimClient::go_offline() {
  wants_connection_ = false;
  if (link_) close();
}

void SimClient::dial() {
  if (!wants_connection_ || link_) return;
  const std::uint64_t generation = ++generation_;
  link_ = events_.dial(index_);
  if (!link_) {
    scheduler_.after(scheduler_.between(100, 2500), [this, generation] {
      if (generation == generation_) dial();
    });
    return;
  }
  synced_ = false;
  sent_changes_.clear();
  durable_changes_ = 0;
  last_heard_ms_ = scheduler_.now_ms();
  link_->at_client = [this, generation](PayloadKind kind, const SharedBytes& payload) {
    if (generation == generation_) received(kind, *payload);
  };
  link_->client_lost = [this, generation](std::uint16_t /*code*/) {
    if (generation == generation_) lost();
  };
  send(ycpp::encode_sync_step1(doc_->encode_state_vector()));
  const std::vector own{ycpp::ClientId(options_.client_id)};
  send(ycpp::encode_awareness_message(awareness_->encode(own)));
}

// The provider forgets everybody else, and tries again.
void SimClient::lost() {
  link_.reset();
  synced_ = false;
  const std::uint64_t generation = ++generation_;
  std::vector<ycpp::ClientId> others;
  for (const ycpp::ClientId client : awareness_->clients()) {
    if (client.value() != options_.client_id) others.push_back(client);
  }
  awareness_->remove(others, now());
  scheduler_.after(scheduler_.between(50, 2500), [this, generation] {
    if (generation == generation_) dial();
  });
}

void SimClient::close() {
  const auto link = std::exchange(link_, nullptr);
  link->close_by_client();
  ++generation_;
  synced_ = false;
  std::vector<ycpp::ClientId> others;
  for (const ycpp::ClientId client : awareness_->clients()) {
    if (client.value() != options_.client_id) others.push_back(client);
  }
  awareness_->remove(others, now());
}

void SimClient::tick() {
  scheduler_.after(kTickMs, [this, page = page_] {
    if (page == page_) tick();
  });
  if (options_.dialect != protocol::Dialect::YPartyServer) {
    pass_on(awareness_->check_outdated(now()));
  }
  if (link_ && scheduler_.now_ms() - last_heard_ms_ > kSilenceMs) {
    ++silence_closes_;
    close();
    lost();
  }
}

void SimClient::pass_on(const ycpp::AwarenessChange& change) {
  if (!link_ || change.empty()) return;
  std::vector<ycpp::ClientId> clients = change.added;
  clients.insert(clients.end(), change.updated.begin(), change.updated.end());
  clients.insert(clients.end(), change.removed.begin(), change.removed.end());
  send(ycpp::encode_awareness_message(awareness_->encode(clients)));
}

void SimClient::edit() {
  if (scheduler_.happens(250)) {
    const auto update = erase_update(*doc_, scheduler_.random());
    if (update) local_change(*update);
    return;
  }
  const std::size_t letters = scheduler_.happens(20) ? 2000 : 1 + scheduler_.random().below(8);
  const Bytes update = type_update(options_.client_id, typed_, letters, scheduler_.random());
  typed_ += letters;
  local_change(update);
}

void SimClient::local_change(const Bytes& update) {
  RUNNEL_CHECK(doc_->apply_update_v1(update));
  if (link_) send_change(update, ycpp::encode_sync_update(update));
}

void SimClient::send_change(Bytes update, Bytes message) {
  sent_changes_.push_back(std::move(update));
  send(std::move(message));
}

void SimClient::point() {
  pass_on(awareness_->set_local_state("{\"cursor\":" + std::to_string(++cursor_) + "}", now()));
}

void SimClient::received(PayloadKind kind, ByteView payload) {
  if (kind == PayloadKind::Text) {
    received_control(as_text(payload));
    return;
  }
  last_heard_ms_ = scheduler_.now_ms();
  received_binary(payload);
}

void SimClient::received_binary(ByteView payload) {
  const auto message = ycpp::decode_message(payload);
  RUNNEL_CHECK(message);
  if (const auto* step1 = std::get_if<ycpp::SyncStep1>(&*message)) {
    const auto state_vector = ycpp::StateVector::decode(step1->state_vector);
    RUNNEL_CHECK(state_vector);
    Bytes update = doc_->encode_state_as_update(*state_vector);
    Bytes answer = ycpp::encode_sync_step2(update);
    send_change(std::move(update), std::move(answer));
  } else if (const auto* step2 = std::get_if<ycpp::SyncStep2>(&*message)) {
    synced_ = true;
    received_update(step2->update);
  } else if (const auto* update = std::get_if<ycpp::SyncUpdate>(&*message)) {
    received_update(update->update);
  } else if (const auto* states = std::get_if<ycpp::AwarenessMessage>(&*message)) {
    const auto applied = awareness_->apply(states->update, now());
    RUNNEL_CHECK(applied);
    pass_on(applied->change);
  } else if (const auto* other = std::get_if<ycpp::OtherMessage>(&*message)) {
    received_control(as_text(other->body));
  }
}

void SimClient::received_update(ByteView update) {
  RUNNEL_CHECK(doc_->apply_update_v1(update));
  events_.delivered(index_, update);
}

void SimClient::received_control(std::string_view json) {
  events_.control(index_, json);
  if (json.find("\"ack\"") == std::string_view::npos) return;
  const std::uint64_t durable = number_after(json, "\"durable\":");
  RUNNEL_CHECK(durable <= sent_changes_.size());
  for (; durable_changes_ < durable; ++durable_changes_) {
    events_.durable(index_, sent_changes_[durable_changes_]);
  }
}

}  // namespace runnel::simulation
