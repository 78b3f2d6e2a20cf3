// RoomDocument: the document of one room. While nobody changes it, it is the stored bytes: state
// vector and differences are read off them without integrating anything. The first change makes a
// ycpp::Doc of them; after a quiet while it becomes bytes again.
//
// One thread. Knows no connection, log or store.
#pragma once

#include "runnel/storage/room_store.h"

#include "base/bytes.h"
#include "base/result.h"
#include "ycpp/delete_set.h"
#include "ycpp/doc/doc.h"
#include "ycpp/state_vector.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace runnel::collab {

class RoomDocument {
 public:
  struct Options {
    bool gc{true};
    std::size_t document_bytes{
        0};  // of the full state; a change that would make it larger is refused
    std::size_t pending_bytes{0};
    std::uint64_t hash_salt{0};
  };

  // What an update did.
  struct Change {
    Bytes effective;                    // what others have to be told
    std::optional<Bytes> with_waiting;  // the same and what has to wait; only if something has to

    // What the log has to hold. Empty: nothing that was not known.
    [[nodiscard]] ByteView to_log() const noexcept {
      return with_waiting ? ByteView(*with_waiting) : ByteView(effective);
    }

    [[nodiscard]] bool empty() const noexcept { return to_log().empty(); }
  };

  explicit RoomDocument(Options options);
  ~RoomDocument();
  RoomDocument(const RoomDocument&) = delete;
  RoomDocument& operator=(const RoomDocument&) = delete;
  RoomDocument(RoomDocument&&) = delete;
  RoomDocument& operator=(RoomDocument&&) = delete;

  // What the store has of it. Corrupt when that cannot be read.
  Result<void> open(Bytes snapshot, const std::vector<storage::LogEntry>& tail);

  // Malformed or LimitExceeded: refused as a whole, nothing has changed.
  Result<Change> apply(ByteView update);

  // What a replica with that (encoded) state vector lacks, with the whole delete set and everything
  // that waits for others. Malformed when it is no state vector.
  Result<SharedBytes> answer(ByteView state_vector);

  // Encoded, as SyncStep1 carries it.
  [[nodiscard]] const Bytes& state_vector();

  // The full state. Shared with whoever asks again before the next change.
  [[nodiscard]] SharedBytes full_state();

  // Nothing was ever written into it. Never judged by size.
  [[nodiscard]] bool is_empty();

  [[nodiscard]] bool is_integrated() const noexcept { return doc_ != nullptr; }

  [[nodiscard]] std::size_t pending_bytes() const noexcept;

  // Full state's size as last known plus what was added since.
  [[nodiscard]] std::size_t size_estimate() const noexcept { return size_estimate_; }

  // Makes bytes of it again. Nothing is lost, pending structs included.
  void rest();

 private:
  // What is known of the bytes in `stored_`.
  struct StoredFacts {
    ycpp::StateVector state_vector;
    ycpp::DeleteSet delete_set;
  };

  Result<void> integrate();
  void set_stored(SharedBytes stored);
  Result<const StoredFacts*> stored_facts();
  [[nodiscard]] Result<bool> is_known(ByteView update);
  Result<Change> apply_integrated(ByteView update);
  [[nodiscard]] Bytes log_entry(const Bytes& effective, ByteView update);
  [[nodiscard]] Result<void> check_size(std::size_t more);
  void changed();

  Options options_;
  SharedBytes stored_;  // the full state, while there is no doc_
  std::optional<StoredFacts> facts_;
  std::unique_ptr<ycpp::Doc> doc_;
  std::vector<Bytes> events_;  // update events of the transaction that runs
  std::optional<Bytes> state_vector_;
  SharedBytes full_state_;
  std::size_t size_estimate_{0};
};

}  // namespace runnel::collab
