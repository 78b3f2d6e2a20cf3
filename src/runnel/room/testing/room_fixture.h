// A shard of rooms under virtual time: a directory on a store in memory, and clients that connect,
// speak and leave. For the tests of room/ and of every kind of room.
#pragma once

#include "runnel/room/room_directory.h"
#include "runnel/room/testing/fake_connection.h"
#include "runnel/storage/testing/memory_store.h"

#include "base/log.h"
#include "base/random_source.h"
#include "base/testing/manual_executor.h"
#include "base/testing/manual_time.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runnel::room {

// Keeps the sentences, so that a test can ask for one and for how often it came.
class RecordingLog final : public Log {
 public:
  void write(LogLevel level, std::string_view sentence,
             std::initializer_list<LogField> fields) override {
    std::string line(sentence);
    for (const LogField& field : fields) line += " " + std::string(field.key) + "=" + field.value;
    lines.emplace_back(level, std::move(line));
  }

  [[nodiscard]] std::size_t count(std::string_view part) const {
    std::size_t found = 0;
    for (const auto& [level, line] : lines) found += line.contains(part) ? 1U : 0U;
    return found;
  }

  std::vector<std::pair<LogLevel, std::string>> lines;
};

class RoomFixture {
 public:
  explicit RoomFixture(RoomOptions room_options = {}) : options(room_options) { restart(); }

  // A new process on the same disk: what was not committed is gone with the old one.
  void restart() {
    directory.reset();
    store.reset();
    loop = std::make_unique<ManualExecutor>(time);
    store = std::make_unique<storage::MemoryStore>(model, *loop, time);
    directory = std::make_unique<RoomDirectory>(
        RoomDirectoryDeps{
            .executor = *loop, .time = time, .random = random, .log = log, .store = *store},
        options);
    for (const auto& [party, factory] : parties) directory->add_party(party, factory);
  }

  void add_party(std::string party, HandlerFactory factory) {
    parties.emplace_back(party, factory);
    directory->add_party(std::move(party), std::move(factory));
  }

  // Runs everything that is ready now; time stands still.
  void settle() { loop->run_ready(); }

  void advance(Duration by) { loop->advance(by); }

  std::shared_ptr<FakeClient> connect(const RoomId& room, ConnectInfo info) {
    if (info.id == ConnectionId()) info.id = ConnectionId(++last_connection);
    auto client = std::make_shared<FakeClient>();
    client->info = info;
    directory->connect(room, std::move(info), std::make_unique<FakePort>(client));
    return client;
  }

  std::shared_ptr<FakeClient> connect(const RoomId& room, std::string key = "key") {
    return connect(room, ConnectInfo{.id = {},
                                     .key = std::move(key),
                                     .uri = {},
                                     .params = {},
                                     .address = {},
                                     .identity = {.access = AccessLevel::Edit}});
  }

  void say(const FakeClient& client, std::string_view text) {
    directory->deliver(client.info.id, PayloadKind::Text, as_bytes(text));
  }

  void send(const FakeClient& client, ByteView payload) {
    directory->deliver(client.info.id, PayloadKind::Binary, payload);
  }

  void leave(const FakeClient& client) { directory->disconnected(client.info.id); }

  // Opens and settles; what the directory answered.
  OpenOutcome open(const RoomId& room) {
    OpenOutcome outcome = OpenOutcome::Failed;
    directory->open(room, [&outcome](OpenOutcome answer) { outcome = answer; });
    settle();
    return outcome;
  }

  RoomOptions options;
  ManualTime time;
  SeededRandom random{1};
  RecordingLog log;
  storage::StoreModel model;
  std::unique_ptr<ManualExecutor> loop;
  std::unique_ptr<storage::MemoryStore> store;
  std::unique_ptr<RoomDirectory> directory;
  std::vector<std::pair<std::string, HandlerFactory>> parties;
  std::uint64_t last_connection{0};
};

}  // namespace runnel::room
