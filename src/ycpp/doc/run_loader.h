// RunLoader: puts in the structs that make up nearly all of a state that is loaded, in one step
// each: text, or what was deleted, that goes between two neighbours as they stand.
//
// The effect is that of the general path (Applier, Integrator). What does not fit is left to that,
// untouched.
#pragma once

#include "ycpp/doc/block_store.h"
#include "ycpp/doc/incoming.h"
#include "ycpp/doc/integrator.h"
#include "ycpp/doc/transaction.h"

#include <cstddef>

namespace ycpp {

class RunLoader {
 public:
  RunLoader(BlockStore& store, Transaction& transaction, Integrator& integrator) noexcept
      : store_(store), transaction_(transaction), integrator_(integrator) {}

  // Integrates structs of one client, at these positions of the update, as far as they fit. Returns
  // the position of the first that does not; `to` if all do.
  [[nodiscard]] std::size_t load(const IncomingUpdate& update, ClientIndex client, std::size_t from,
                                 std::size_t to);

 private:
  [[nodiscard]] bool load_one(const IncomingStruct& item, ClientIndex client, ClientRecord& record);
  [[nodiscard]] BlockIndex find_left(const IncomingStruct& item) const noexcept;
  [[nodiscard]] bool is_next(BlockIndex next, const IncomingStruct& item) const noexcept;
  [[nodiscard]] bool settle(TypeIndex parent);

  BlockStore& store_;
  Transaction& transaction_;
  Integrator& integrator_;
  // A type of which nothing more is to be noted, and whose children need nothing but their links.
  TypeIndex settled_{kNone};
};

}  // namespace ycpp
