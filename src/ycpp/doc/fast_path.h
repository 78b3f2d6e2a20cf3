// FastPath: the two updates that make up nearly all traffic, done without a transaction: a client
// goes on typing where it typed last, and a client deletes a stretch inside one block.
//
// Both have exactly the effect of the general path. What does not fit is left to that, untouched.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/doc/block_store.h"
#include "ycpp/id.h"

namespace ycpp {

class FastPath {
 public:
  struct Options {
    bool gc{true};
    ClientId own_client;  // its updates are unusual enough for the general path
  };

  FastPath(BlockStore& store, Options options) noexcept : store_(store), options_(options) {}

  // Applies an update in format V1 if it is one of the two and if its bytes are what the update
  // event would be. Returns whether it did.
  [[nodiscard]] bool apply(ByteView update);

 private:
  struct Typing;
  struct Deletion;

  [[nodiscard]] bool apply_typing(ByteView update);
  [[nodiscard]] bool can_append(ClientRecord& record, const Typing& typing) const noexcept;
  [[nodiscard]] bool apply_deletion(ByteView update);
  void remove_range(ClientIndex client, BlockList::Position position, ClockRange range);

  BlockStore& store_;
  Options options_;
};

}  // namespace ycpp
