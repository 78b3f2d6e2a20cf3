// Shard: everything that lives on one event loop. Shards share nothing; whoever needs another
// shard's rooms posts to it.
#pragma once

#include "runnel/auth/access_gate.h"
#include "runnel/collab/frozen_rooms.h"
#include "runnel/net/event_loop.h"
#include "runnel/room/room_directory.h"
#include "runnel/storage/room_store.h"

#include "base/ids.h"
#include "base/random_source.h"
#include "base/time_source.h"

#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace runnel::backend {
class Outbox;
}

namespace runnel::server {

class RoomDoor;

// Built by server.cpp, used on its loop only. Members die in reverse order: connections first.
struct Shard {
  net::EventLoop& loop;
  std::size_t index;
  std::unique_ptr<storage::RoomStore> store;
  std::unique_ptr<collab::FrozenRooms> frozen;
  // Of LoopParts.
  backend::Outbox* outbox{nullptr};
  const TimeSource* time{nullptr};
  RandomSource* random{nullptr};
  std::unique_ptr<room::RoomDirectory> directory;
  std::unique_ptr<auth::AccessListener> access_listener;
  std::unique_ptr<auth::AccessGate> gate;
  std::unique_ptr<RoomDoor> door;

  Shard(net::EventLoop& on_loop, std::size_t at);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  Shard(Shard&&) = delete;
  Shard& operator=(Shard&&) = delete;
  ~Shard();
};

class Shards {
 public:
  explicit Shards(net::LoopGroup& loops);

  [[nodiscard]] std::size_t size() const { return shards_.size(); }

  [[nodiscard]] Shard& at(std::size_t index) { return *shards_[index]; }

  [[nodiscard]] Shard& of(const RoomId& room) {
    return *shards_[room::shard_of(room, shards_.size())];
  }

  // Runs `ask` on every shard's loop and `done` on `reply_to`, with the answers in shard order.
  template <class T>
  void gather(Executor& reply_to, std::function<T(Shard&)> ask,
              std::move_only_function<void(std::vector<T>)> done);

 private:
  std::vector<std::unique_ptr<Shard>> shards_;
};

template <class T>
void Shards::gather(Executor& reply_to, std::function<T(Shard&)> ask,
                    std::move_only_function<void(std::vector<T>)> done) {
  struct Collection {
    std::vector<T> answers;
    std::size_t missing;
    std::move_only_function<void(std::vector<T>)> done;
  };

  // Written to on `reply_to` only.
  auto collection =
      std::make_shared<Collection>(Collection{std::vector<T>(size()), size(), std::move(done)});
  for (const auto& shard : shards_) {
    shard->loop.post([shard = shard.get(), &reply_to, ask, collection] {
      reply_to.post([index = shard->index, answer = ask(*shard), collection]() mutable {
        collection->answers[index] = std::move(answer);
        if (--collection->missing == 0) collection->done(std::move(collection->answers));
      });
    });
  }
}

}  // namespace runnel::server
