// Transaction: what one change of a document touched, from which its end (gc, merging, the update
// event) and all events are computed. Created and ended by Doc; a reference is good until then.
#pragma once

#include "ycpp/delete_set.h"
#include "ycpp/doc/block.h"
#include "ycpp/id.h"
#include "ycpp/state_vector.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ycpp {

class Doc;

// Names who made a change; compared, never interpreted. The value is the caller's: a connection's
// number, the address of an object.
using TransactionOrigin = runnel::NumberId<struct TransactionOriginTag>;

// A type and which parts of it changed.
struct ChangedType {
  TypeIndex type{kNone};        // kNone: taken back, because the type was deleted
  bool sequence{false};         // its children or text
  std::vector<NameIndex> keys;  // its keys, each once, in the order of their first change
};

struct LocalRange {
  ClientIndex client{kNone};
  ClockRange range;
};

class Transaction {
 public:
  struct Touched {
    ClientIndex client{kNone};
    Clock before{0};  // state of the client when the transaction began
    Clock after{0};   // and when it ended; set before observers are called
  };

  Doc* doc{nullptr};
  // Larger than that of every earlier transaction of the document; never 0.
  std::uint64_t serial{0};
  TransactionOrigin transaction_origin;
  // Whether the change was made here, and not by an update.
  bool local{true};
  // Whether the formatting of some text must be looked through (Yjs's _needFormattingCleanup). Set
  // by what is called for changed types.
  bool needs_formatting_cleanup{false};
  // Whether anything was deleted that had come with a content. What comes as deleted has none.
  bool has_garbage{false};

  // Clients that got new blocks.
  std::vector<Touched> touched;
  // What became deleted. In the order of deletion at first; sorted, joined and by descending client
  // once the transaction has ended.
  std::vector<LocalRange> deletes;
  // Blocks whose neighbours may be joined at the end, beside what `touched` and `deletes` imply.
  std::vector<LocalId> merge_candidates;
  // In the order of their first change.
  std::vector<ChangedType> changed;

  // Positions in the document's table of subdocuments. Until the transaction ends, one that was
  // added and deleted again leaves kNone.
  std::vector<std::uint32_t> subdocuments_added;
  std::vector<std::uint32_t> subdocuments_removed;
  std::vector<std::uint32_t> subdocuments_loaded;

  // Transactions that had begun when this one ended, from this one on. Zero while it is open.
  std::size_t begun_at_end{0};

  // What became deleted: so far, while it is open. This and the states can be asked until the
  // handlers of `on_after_all_transactions` return. O(clients).
  [[nodiscard]] DeleteSet delete_set() const;
  [[nodiscard]] StateVector before_state() const;
  // Nothing while the transaction is open.
  [[nodiscard]] StateVector after_state() const;

  // Forgets everything but keeps the memory, unless it is much.
  void reset() {
    constexpr std::size_t kKept = 64;
    const bool is_large = deletes.capacity() > kKept || touched.capacity() > kKept ||
                          merge_candidates.capacity() > kKept || changed.capacity() > kKept;
    if (is_large) {
      *this = Transaction{};
      return;
    }
    doc = nullptr;
    serial = 0;
    begun_at_end = 0;
    transaction_origin = TransactionOrigin{};
    local = true;
    needs_formatting_cleanup = false;
    has_garbage = false;
    touched.clear();
    deletes.clear();
    merge_candidates.clear();
    changed.clear();
    subdocuments_added.clear();
    subdocuments_removed.clear();
    subdocuments_loaded.clear();
  }

  [[nodiscard]] bool is_empty() const noexcept { return touched.empty() && deletes.empty(); }
};

}  // namespace ycpp
