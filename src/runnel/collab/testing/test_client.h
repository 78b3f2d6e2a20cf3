// A Yjs client for tests: a document and awareness of our own engine behind a FakeClient, doing
// what the stock providers do. `pump` lets it read what the room has sent and answer.
#pragma once

#include "runnel/backend/testing/sample_updates.h"
#include "runnel/room/testing/room_fixture.h"

#include "base/check.h"
#include "ycpp/doc/doc.h"
#include "ycpp/sync/awareness.h"
#include "ycpp/sync/sync_message.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runnel::collab {

using backend::delete_update;
using backend::insert_update;

class TestClient {
 public:
  TestClient(room::RoomFixture& rooms, std::uint8_t client)
      : rooms_(rooms),
        client_(client),
        doc_(ycpp::DocOptions{.client_id = ycpp::ClientId(client)}),
        awareness_(ycpp::ClientId(client)) {}

  // Connects and says what a provider says first. `info.key` may be empty.
  void connect(const RoomId& room,
               room::ConnectInfo info = {.identity = {.access = AccessLevel::Edit}}) {
    fake = rooms_.connect(room, std::move(info));
    send(ycpp::encode_sync_step1(doc_.encode_state_vector()));
  }

  void disconnect() {
    rooms_.leave(*fake);
    fake = nullptr;
  }

  // Appends text to its own chain and sends the update when connected.
  Bytes type(std::string_view text) {
    Bytes update = insert_update(client_, clock_, text);
    clock_ += text.size();
    RUNNEL_CHECK(doc_.apply_update_v1(update));
    if (fake != nullptr) send(ycpp::encode_sync_update(update));
    return update;
  }

  // Deletes one's own first units.
  void erase(std::uint8_t length) {
    const Bytes update = delete_update(client_, 0, length);
    RUNNEL_CHECK(doc_.apply_update_v1(update));
    if (fake != nullptr) send(ycpp::encode_sync_update(update));
  }

  void send(Bytes message) { rooms_.send(*fake, std::move(message)); }

  void announce(std::uint64_t clock, const std::string& state) {
    const std::vector<ycpp::AwarenessEntry> entries{
        {.client = ycpp::ClientId(client_), .clock = clock, .state = state}};
    send(ycpp::encode_awareness_message(ycpp::encode_awareness_entries(entries)));
  }

  // Reads everything that was sent, as a provider does, until there is nothing more.
  void pump() {
    rooms_.settle();
    while (fake != nullptr && !fake->sent.empty()) {
      for (const room::SentMessage& message : fake->take()) read(message);
      rooms_.settle();
    }
  }

  // Kinds of the binary messages since the last call, such as "Step1 Update Awareness".
  std::string take_kinds() { return std::exchange(kinds_, {}); }

  std::vector<std::string> take_texts() { return std::exchange(texts_, {}); }

  [[nodiscard]] bool is_synced() const noexcept { return synced_; }

  [[nodiscard]] ycpp::Doc& doc() noexcept { return doc_; }

  [[nodiscard]] const ycpp::Awareness& awareness() const noexcept { return awareness_; }

  [[nodiscard]] bool has_same_document_as(TestClient& other) {
    return doc_.state_vector() == other.doc_.state_vector() &&
           doc_.delete_set() == other.doc_.delete_set();
  }

  // Units of that client which it has.
  [[nodiscard]] std::uint64_t clock_of(std::uint64_t client) {
    return doc_.state_vector().clock(ycpp::ClientId(client));
  }

  std::shared_ptr<room::FakeClient> fake;
  std::vector<Bytes> updates;  // of the Update messages that came

 private:
  void note(std::string_view kind) {
    if (!kinds_.empty()) kinds_ += ' ';
    kinds_ += kind;
  }

  void read(const room::SentMessage& sent) {
    if (sent.kind == PayloadKind::Text) {
      texts_.push_back(sent.text());
      return;
    }
    const auto message = ycpp::decode_message(*sent.payload);
    RUNNEL_CHECK(message);
    if (const auto* step1 = std::get_if<ycpp::SyncStep1>(&*message)) {
      note("Step1");
      const auto state_vector = ycpp::StateVector::decode(step1->state_vector);
      RUNNEL_CHECK(state_vector);
      send(ycpp::encode_sync_step2(doc_.encode_state_as_update(*state_vector)));
    } else if (const auto* step2 = std::get_if<ycpp::SyncStep2>(&*message)) {
      note("Step2");
      synced_ = true;
      RUNNEL_CHECK(doc_.apply_update_v1(step2->update));
    } else if (const auto* update = std::get_if<ycpp::SyncUpdate>(&*message)) {
      note("Update");
      updates.push_back(to_bytes(update->update));
      RUNNEL_CHECK(doc_.apply_update_v1(update->update));
    } else if (const auto* states = std::get_if<ycpp::AwarenessMessage>(&*message)) {
      note(states->update.size() == 1 ? "Empty" : "Awareness");
      RUNNEL_CHECK(awareness_.apply(states->update, std::chrono::milliseconds(0)));
    } else {
      note("Other");
    }
  }

  room::RoomFixture& rooms_;
  std::uint8_t client_;
  std::uint64_t clock_{0};
  ycpp::Doc doc_;
  ycpp::Awareness awareness_;
  std::string kinds_;
  std::vector<std::string> texts_;
  bool synced_{false};
};

}  // namespace runnel::collab
