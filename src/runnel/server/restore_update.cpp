#include "runnel/server/restore_update.h"

#include "runnel/server/shown_content.h"

#include "ycpp/doc/doc.h"
#include "ycpp/undo/undo_manager.h"

#include <utility>

namespace runnel::server {

namespace {

constexpr ycpp::TransactionOrigin kSince{1};
constexpr ycpp::TransactionOrigin kBack{2};

}  // namespace

// A replica that stands at `target` takes in everything that has happened since as one step, and
// undoes that step. What it then has and `current` lacks is the restore.
Result<Bytes> restore_update(ByteView current, ByteView target, ycpp::ClientId client) {
  // What is to come back must not be collected when `current` deletes it.
  ycpp::Doc doc(ycpp::DocOptions{.client_id = client, .gc = false});
  RUNNEL_TRY_VOID(doc.apply_update_v1(target));
  ycpp::Doc present(ycpp::DocOptions{.gc = false});
  RUNNEL_TRY_VOID(present.apply_update_v1(current));
  // Undoing would delete what was written since and write the same again.
  if (shown_content(doc) == shown_content(present)) return Bytes{};

  ycpp::UndoManagerOptions options;
  options.now_ms = [] { return std::uint64_t{1}; };
  options.tracked_origins = {kSince};
  options.own_origin = kBack;
  // Also where several have set the same key since: the content that is brought back wins.
  options.ignore_remote_map_changes = true;
  ycpp::UndoManager manager(doc, std::move(options));
  RUNNEL_TRY_VOID(doc.apply_update_v1(current, kSince));
  manager.undo();

  if (doc.state_vector() == present.state_vector() && doc.delete_set() == present.delete_set()) {
    return Bytes{};
  }
  return doc.encode_state_as_update(present.state_vector());
}

}  // namespace runnel::server
