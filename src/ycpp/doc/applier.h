// Applier: brings a decoded update into a document, in Yjs's order: clients by descending id, and
// what a struct depends on first. What cannot be integrated goes to the pending structs, and
// pending ones that an update unblocks are integrated with it, until nothing moves any more.
#pragma once

#include "ycpp/doc/incoming.h"
#include "ycpp/doc/integrator.h"
#include "ycpp/doc/pending.h"
#include "ycpp/doc/pending_merge.h"
#include "ycpp/doc/rollback.h"
#include "ycpp/doc/run_loader.h"
#include "ycpp/doc/transaction.h"

#include <cstddef>
#include <vector>

namespace ycpp {

// Memory that is used by every update and belongs to the document, so that none is allocated for
// one.
struct ApplyScratch {
  struct Target {
    ClientIndex client{kNone};
    std::size_t section{0};  // position in IncomingUpdate::sections
    std::size_t last{0};     // the last section of the client
    std::size_t next{0};     // position in IncomingUpdate::structs
  };

  struct Stacked {
    ClientIndex client{kNone};
    std::size_t item{0};
  };

  std::vector<Target> targets;
  std::vector<Stacked> stack;
  std::vector<ClientIndex> ready;
  std::vector<LocalRange> ranges;
  std::vector<PendingRun> rest;
  IncomingUpdate waiting;
};

class Applier {
 public:
  Applier(BlockStore& store, Transaction& transaction, PendingStructs& pending_structs,
          PendingDeletes& pending_deletes, ApplyScratch& scratch) noexcept
      : store_(store),
        transaction_(transaction),
        integrator_(store, transaction),
        loader_(store, transaction, integrator_),
        pending_structs_(pending_structs),
        pending_deletes_(pending_deletes),
        scratch_(scratch) {}

  // Bounds the walks over concurrent insertions, see DocOptions::conflict_steps_max. The
  // transaction must then hold nothing but this update.
  void limit_steps(std::uint64_t steps) noexcept { integrator_.limit_steps(steps); }

  // Refuses (LimitExceeded) an update that needs more steps; the document is as it was. What waited
  // for the update and needs more is let go.
  Result<void> apply(IncomingUpdate& update);

 private:
  using Target = ApplyScratch::Target;

  void prepare(const IncomingUpdate& update);
  void finish_large(const IncomingUpdate& update);
  Result<void> refuse(const IncomingUpdate& update, RollbackPoint point);
  void name_roots(IncomingUpdate& update);
  void make_targets(IncomingUpdate& update);
  // False if it had to stop because no steps are left.
  [[nodiscard]] bool integrate_structs(IncomingUpdate& update);
  // Integrates of one target what can be put in without further ado.
  void load_run(Target& target, const IncomingUpdate& update);
  // Integrates `head`, or else what it waits for in this update; what waits is left on the stack.
  // False as above.
  [[nodiscard]] bool integrate_or_stack(const IncomingUpdate& update, ApplyScratch::Stacked head);
  [[nodiscard]] bool advance(Target& target, const IncomingUpdate& update, std::size_t& item) const;
  [[nodiscard]] Target* target_of(ClientIndex client);
  void give_up_stack(const IncomingUpdate& update);
  void give_up(const IncomingUpdate& update, ClientIndex client, std::size_t from, std::size_t to);
  [[nodiscard]] bool integrate_held(ClientIndex client, const IncomingUpdate& update);

  // The unit that must come first; not set if nothing is missing.
  [[nodiscard]] LocalId missing(const IncomingUpdate& update, ClientIndex client,
                                const IncomingStruct& item) const;
  void integrate(const IncomingUpdate& update, ClientIndex client, const IncomingStruct& item);
  void resolve_place(const IncomingUpdate& update, const IncomingStruct& item, NewItem& fresh);
  void cut_front(NewItem& fresh);
  void store_content(const IncomingUpdate& update, const IncomingStruct& item, Clock offset,
                     NewItem& fresh);
  void store_text(const IncomingStruct& item, Clock offset, NewItem& fresh);

  void apply_deletes(std::vector<LocalRange>& ranges);
  void apply_delete(LocalRange range);
  void retry_deletes();
  void drain_pending();
  void integrate_waiting();
  void drain_client(ClientIndex client);

  BlockStore& store_;
  Transaction& transaction_;
  Integrator integrator_;
  RunLoader loader_;
  PendingStructs& pending_structs_;
  PendingDeletes& pending_deletes_;
  ApplyScratch& scratch_;
  bool is_draining_{false};  // what waited is integrated, and no longer the update itself
};

}  // namespace ycpp
