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

  // Applies an update if it is one of the two and if its bytes are what the update event in its
  // format would be. Returns whether it did.
  [[nodiscard]] bool apply(ByteView update, UpdateFormat format);

  // The format that a fast path would read these bytes in. What apply() then takes is in that
  // format, whatever else it might be mistaken for.
  [[nodiscard]] static UpdateFormat guess_format(ByteView update) noexcept;

 private:
  struct Typing;
  struct Deletion;

  [[nodiscard]] bool type(const Typing& typing);
  [[nodiscard]] bool can_append(const ClientRecord& record, const Typing& typing) const noexcept;
  [[nodiscard]] bool erase(const Deletion& deletion);
  void remove_range(ClientIndex client, BlockList::Position position, ClockRange range);

  BlockStore& store_;
  Options options_;
};

}  // namespace ycpp
