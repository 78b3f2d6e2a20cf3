#include "runnel/backend/embedded_snapshots.h"

#include "runnel/backend/document_bytes.h"
#include "runnel/net/crypto.h"

#include <utility>

namespace runnel::backend {

namespace {

// Names the content, so that the same bytes stored twice are the same state.
std::string etag_of(ByteView bytes) {
  const net::Digest digest = net::sha256(bytes);
  return "\"" + net::to_hex(ByteView(digest).first(16)) + "\"";
}

bool matches(std::string_view if_match, std::string_view etag) {
  return if_match == "*" ? !etag.empty() : if_match == etag;
}

bool covers(ByteView offered, ByteView stored) {
  const auto had = read_document(stored);
  if (!had) return true;  // what is stored is no document, so nothing is lost with it
  if (is_empty_document(offered)) return had->coverage.empty();
  const auto gets = read_document(offered);
  return gets && gets->coverage.covers(had->coverage);
}

}  // namespace

Result<EmbeddedSnapshot> EmbeddedSnapshots::load(std::string_view room) {
  const TypedName name = split_type(room);
  const auto type = parse_resource_type(name.type);
  if (!type) return EmbeddedSnapshot{};
  auto blob = RUNNEL_TRY(store_.snapshot(*type, name.id));
  if (!blob) return EmbeddedSnapshot{};
  if (blob->bytes.empty()) return EmbeddedSnapshot{.state = SnapshotState::FileMissing};
  std::string etag = etag_of(blob->bytes);
  return EmbeddedSnapshot{
      .state = SnapshotState::Content, .bytes = std::move(blob->bytes), .etag = std::move(etag)};
}

Result<OfferReply> EmbeddedSnapshots::offer(const SnapshotOffer& offer) {
  const TypedName name = split_type(offer.room);
  const auto type = parse_resource_type(name.type);
  if (!type) return OfferReply{.outcome = OfferOutcome::NoResource};
  const auto resource = RUNNEL_TRY(store_.resource(*type, name.id));
  if (!resource) return OfferReply{.outcome = OfferOutcome::NoResource};
  if (!is_empty_document(offer.bytes) && !read_document(offer.bytes)) {
    return OfferReply{.outcome = OfferOutcome::NotADocument};
  }
  const EmbeddedSnapshot stored = RUNNEL_TRY(load(offer.room));
  if (!offer.force) {
    if (!offer.if_match.empty() && !matches(offer.if_match, stored.etag)) {
      return OfferReply{.outcome = OfferOutcome::PreconditionFailed};
    }
    if (stored.state == SnapshotState::Content && !covers(offer.bytes, stored.bytes)) {
      return OfferReply{.outcome = OfferOutcome::Stale};
    }
  }
  const bool replaced =
      RUNNEL_TRY(store_.replace_snapshot(*type, name.id, offer.bytes, time_.wall_ms()));
  if (!replaced) return OfferReply{.outcome = OfferOutcome::NoResource};
  return OfferReply{.outcome = OfferOutcome::Stored, .etag = etag_of(offer.bytes)};
}

}  // namespace runnel::backend
