// The embedded backend's snapshots: what is stored of a resource's document, and what may replace
// it. One thread at a time.
#pragma once

#include "runnel/backend/embedded_store.h"
#include "runnel/backend/snapshot_backend.h"

#include "base/bytes.h"
#include "base/result.h"
#include "base/time_source.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace runnel::backend {

enum class SnapshotState : std::uint8_t {
  Content,
  None,         // a resource that was never saved, or no such resource
  FileMissing,  // yjsSnapshotId names a file that is gone
};

struct EmbeddedSnapshot {
  SnapshotState state{SnapshotState::None};
  Bytes bytes;
  std::string etag;
};

struct SnapshotOffer {
  std::string_view room;  // external name
  ByteView bytes;
  std::string_view if_match;  // of the request; empty: none
  bool force{false};          // replaces even what it does not cover
};

enum class OfferOutcome : std::uint8_t {
  Stored,
  NoResource,          // nothing kept
  NotADocument,        // bytes that do not decode
  PreconditionFailed,  // If-Match names another state
  Stale,               // covers less than what is stored
};

struct OfferReply {
  OfferOutcome outcome{OfferOutcome::Stored};
  std::string etag;  // with Stored
};

class EmbeddedSnapshots {
 public:
  // Both outlive this.
  EmbeddedSnapshots(EmbeddedStore& store, const TimeSource& time) : store_(store), time_(time) {}

  Result<EmbeddedSnapshot> load(std::string_view room);
  Result<OfferReply> offer(const SnapshotOffer& offer);

 private:
  EmbeddedStore& store_;
  const TimeSource& time_;
};

}  // namespace runnel::backend
