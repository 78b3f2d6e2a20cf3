#include "runnel/collab/room_document.h"

#include "ycpp/update/diff.h"
#include "ycpp/update/merge.h"
#include "ycpp/update/update_meta.h"

#include <algorithm>
#include <array>
#include <utility>

namespace runnel::collab {

namespace {

// An update without structs and deletions.
constexpr std::size_t kEmptyUpdateBytes = 2;

bool is_empty_update(ByteView update) {
  return update.size() == kEmptyUpdateBytes && update[0] == 0 && update[1] == 0;
}

SharedBytes empty_update() { return share(Bytes{0, 0}); }

std::unexpected<Error> corrupt(const Error& error) {
  return fail(Errc::Corrupt, "the stored updates of the room cannot be read: " + error.detail);
}

std::vector<ByteView> views_of(const Bytes& snapshot, const std::vector<storage::LogEntry>& tail) {
  std::vector<ByteView> views;
  views.reserve(tail.size() + 1);
  if (!snapshot.empty()) views.emplace_back(snapshot);
  for (const storage::LogEntry& entry : tail) views.emplace_back(entry.update);
  return views;
}

}  // namespace

RoomDocument::RoomDocument(Options options) : options_(options), stored_(empty_update()) {}

RoomDocument::~RoomDocument() = default;

Result<void> RoomDocument::open(Bytes snapshot, const std::vector<storage::LogEntry>& tail) {
  if (tail.empty()) {
    set_stored(snapshot.empty() ? empty_update() : share(std::move(snapshot)));
  } else {
    auto merged = ycpp::merge_updates_compact(views_of(snapshot, tail));
    if (!merged) return corrupt(merged.error());
    set_stored(share(std::move(*merged)));
  }
  // Read through once: damaged bytes must not be handed on as the document.
  if (const auto facts = stored_facts(); !facts) return corrupt(facts.error());
  return {};
}

void RoomDocument::set_stored(SharedBytes stored) {
  stored_ = std::move(stored);
  size_estimate_ = stored_->size();
  changed();
}

void RoomDocument::changed() {
  facts_.reset();
  state_vector_.reset();
  full_state_ = nullptr;
}

Result<const RoomDocument::StoredFacts*> RoomDocument::stored_facts() {
  if (!facts_) {
    const Bytes encoded = RUNNEL_TRY(ycpp::encode_state_vector_from_update(*stored_));
    StoredFacts facts;
    facts.state_vector = RUNNEL_TRY(ycpp::StateVector::decode(encoded));
    facts.delete_set = RUNNEL_TRY(ycpp::delete_set_of_update(*stored_));
    facts_ = std::move(facts);
  }
  return &*facts_;
}

// Whether the stored bytes have all of it. Every client that connects sends what it believes we
// lack, with its whole delete set; almost always that is nothing new.
Result<bool> RoomDocument::is_known(ByteView update) {
  if (is_empty_update(update)) return true;
  const StoredFacts* facts = RUNNEL_TRY(stored_facts());
  const auto spans = RUNNEL_TRY(ycpp::parse_update_meta(update));
  const bool has_structs = std::ranges::all_of(spans, [&](const ycpp::UpdateSpan& span) {
    return span.to <= facts->state_vector.clock(span.client);
  });
  if (!has_structs) return false;
  const ycpp::DeleteSet deleted = RUNNEL_TRY(ycpp::delete_set_of_update(update));
  return facts->delete_set.covers(deleted);
}

Result<RoomDocument::Change> RoomDocument::apply(ByteView update) {
  if (doc_ == nullptr) {
    if (RUNNEL_TRY(is_known(update))) return Change{};
    RUNNEL_TRY_VOID(check_size(update.size()));
    RUNNEL_TRY_VOID(integrate());
  } else {
    if (is_empty_update(update)) return Change{};
    RUNNEL_TRY_VOID(check_size(update.size()));
  }
  return apply_integrated(update);
}

Result<void> RoomDocument::integrate() {
  auto doc = std::make_unique<ycpp::Doc>(
      ycpp::DocOptions{.gc = options_.gc, .hash_salt = options_.hash_salt});
  if (!is_empty_update(*stored_)) {
    if (auto outcome = doc->apply_update_v1(*stored_); !outcome) {
      return fail(Errc::Corrupt,
                  "the stored document cannot be integrated: " + outcome.error().detail);
    }
  }
  doc->on_update(
      [this](const ycpp::UpdateEvent& event) { events_.push_back(to_bytes(event.update)); });
  doc_ = std::move(doc);
  stored_ = nullptr;
  facts_.reset();
  return {};
}

// What took effect, and of the update what waits. Units that are known are left out: logs are
// folded without a document, where another version of them could win.
Bytes RoomDocument::log_entry(const Bytes& effective, ByteView update) {
  const Result<Bytes> waiting = ycpp::diff_update(update, doc_->state_vector());
  if (!waiting) return to_bytes(update);
  if (effective.empty()) return *waiting;
  const std::array<ByteView, 2> parts{effective, *waiting};
  Result<Bytes> merged = ycpp::merge_updates(parts);
  return merged ? std::move(*merged) : to_bytes(update);
}

Result<RoomDocument::Change> RoomDocument::apply_integrated(ByteView update) {
  const std::size_t pending_before = doc_->pending_bytes();
  events_.clear();
  RUNNEL_TRY_VOID(doc_->apply_update_v1(update));
  const std::size_t pending_after = doc_->pending_bytes();
  if (events_.empty() && pending_after == pending_before) return Change{};

  changed();
  size_estimate_ += update.size();
  Change change;
  if (events_.size() == 1) {
    change.effective = std::move(events_.front());
  } else if (events_.size() > 1) {
    const std::vector<ByteView> views(events_.begin(), events_.end());
    change.effective = RUNNEL_TRY(ycpp::merge_updates(views));
  }
  // What waits for others is in no event, and must be in the log all the same.
  const bool waits = pending_after > 0 && (pending_after != pending_before || !events_.empty());
  if (waits) change.with_waiting = log_entry(change.effective, update);
  events_.clear();
  return change;
}

Result<void> RoomDocument::check_size(std::size_t more) {
  if (pending_bytes() > options_.pending_bytes) {
    return fail(Errc::LimitExceeded, "too much of the document waits for updates that are missing");
  }
  if (size_estimate_ + more <= options_.document_bytes) return {};
  // The estimate only grows; what was deleted or said twice is not in the full state.
  size_estimate_ = full_state()->size();
  if (size_estimate_ + more <= options_.document_bytes) return {};
  return fail(Errc::LimitExceeded, "the document is over its limit of " +
                                       std::to_string(options_.document_bytes) + " bytes");
}

Result<SharedBytes> RoomDocument::answer(ByteView encoded) {
  const ycpp::StateVector target = RUNNEL_TRY(ycpp::StateVector::decode(encoded));
  if (target.empty()) return full_state();
  if (doc_ != nullptr) return share(doc_->encode_state_as_update(target));
  Bytes difference = RUNNEL_TRY(ycpp::diff_update(*stored_, target));
  return share(std::move(difference));
}

const Bytes& RoomDocument::state_vector() {
  if (!state_vector_) {
    if (doc_ != nullptr) {
      state_vector_ = doc_->encode_state_vector();
    } else {
      const auto facts = stored_facts();
      state_vector_ = facts ? (*facts)->state_vector.encode() : Bytes{0};
    }
  }
  return *state_vector_;
}

SharedBytes RoomDocument::full_state() {
  if (doc_ == nullptr) return stored_;
  if (full_state_ == nullptr) full_state_ = share(doc_->encode_state_as_update());
  return full_state_;
}

bool RoomDocument::is_empty() { return is_empty_update(*full_state()); }

std::size_t RoomDocument::pending_bytes() const noexcept {
  return doc_ == nullptr ? 0 : doc_->pending_bytes();
}

void RoomDocument::rest() {
  if (doc_ == nullptr) return;
  SharedBytes state = full_state();
  doc_.reset();
  set_stored(std::move(state));
}

}  // namespace runnel::collab
