// Integrator: puts items into a document and deletes them, as the YATA algorithm and Yjs's rules
// for keys, nested types and garbage demand. (P. Nicolaescu, K. Jahns, M. Derntl, R. Klamma: "Near
// Real-Time Peer-to-Peer Shared Editing on Extensible Data Types", GROUP 2016, section 4.)
#pragma once

#include "ycpp/doc/block_store.h"
#include "ycpp/doc/transaction.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace ycpp {

// An item that is not yet part of the document.
struct NewItem {
  ClientIndex client{kNone};
  Clock clock{0};
  Clock length{0};
  LocalId origin{};
  LocalId right_origin{};
  BlockIndex left{kNone};
  BlockIndex right{kNone};
  // Where it belongs. kNone: nowhere that still exists, so it becomes a gc block.
  TypeIndex parent{kNone};
  NameIndex key{kNone};  // kNone in a sequence
  BlockKind kind{BlockKind::Gc};
  bool unicode{false};                    // of a text
  HeapAddress content{0};                 // in the heap; of a subdocument its position in the table
  TypeKind type_kind{TypeKind::Untyped};  // of a nested type
  NameIndex type_name{kNone};
};

class Integrator {
 public:
  Integrator(BlockStore& store, Transaction& transaction) noexcept
      : store_(store), transaction_(transaction) {}

  // Bounds the walks over concurrent insertions: so many blocks may be passed from here on.
  void limit_steps(std::uint64_t steps) noexcept { steps_left_ = steps; }

  // Whether an item would have needed more steps than were left.
  [[nodiscard]] bool is_exhausted() const noexcept { return is_exhausted_; }

  // Adds an item whose clock is the state of its client. Returns the new block; kNone, and nothing
  // is added, when the steps did not suffice.
  BlockIndex integrate(const NewItem& item);

  // Adds clock space without content.
  BlockIndex integrate_gc(ClientIndex client, Clock clock, Clock length);

  // Deletes a block and, if it is a type, everything in it.
  void remove(BlockIndex block);

  // The block that ends with this unit, split off if need be. A gc block is returned as it is.
  BlockIndex clean_end(LocalId id);

  // The block that starts with this unit, split off if need be. A gc block is returned as it is.
  BlockIndex clean_start(LocalId id);

  // Cuts a block; its second part is noted for joining at the end.
  BlockIndex split(BlockList::Position position, ClientIndex client, Clock units);

  // State of a client when the transaction began.
  [[nodiscard]] Clock state_before(ClientIndex client) const noexcept {
    const ClientRecord& record = store_.clients[client];
    return record.touched_in == transaction_.serial ? record.state_before : record.state;
  }

  // Notes a change of a type for its observers, unless the type is itself new.
  void note_changed(TypeIndex type, EntryIndex entry);

 private:
  // A deleted type and which of its children is next.
  struct Doomed {
    TypeIndex type;
    BlockIndex child;
    EntryIndex entry;
  };

  void touch(ClientRecord& record, ClientIndex client);

  [[nodiscard]] bool is_sequence_noted(const TypeNode& node) const noexcept {
    return node.changed_in == transaction_.serial &&
           transaction_.changed.data()[node.changed_at].sequence;
  }

  [[nodiscard]] bool has_conflicts(const NewItem& item) const noexcept;
  [[nodiscard]] bool take_step() noexcept;
  [[nodiscard]] BlockIndex find_left(const NewItem& item);
  [[nodiscard]] BlockIndex leftmost(const NewItem& item, EntryIndex entry) noexcept;
  void link(BlockIndex block, BlockIndex left, EntryIndex entry);
  void integrate_content(BlockIndex block, const NewItem& item);
  void remove_one(BlockIndex block);
  void remove_next_child();
  void visit_child(BlockIndex child);

  BlockStore& store_;
  Transaction& transaction_;
  std::uint64_t steps_left_{std::numeric_limits<std::uint64_t>::max()};
  bool is_exhausted_{false};
  std::vector<Doomed> doomed_;  // from the outermost type in
};

}  // namespace ycpp
