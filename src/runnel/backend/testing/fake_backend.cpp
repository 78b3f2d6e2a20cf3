#include "runnel/backend/testing/fake_backend.h"

#include "runnel/backend/document_bytes.h"

#include <utility>

namespace runnel::backend {

namespace {

std::string etag_of(const FakeBackendModel::Stored& stored) {
  return "\"" + std::to_string(stored.revision) + "\"";
}

}  // namespace

void FakeBackend::answer(Task task) {
  loop_.after(delay, [alive = std::weak_ptr<bool>(alive_), task = std::move(task)]() mutable {
    if (!alive.expired()) task();
  });
}

void FakeBackend::load(const RoomId& room, LoadDone done) {
  ++loads;
  if (load_fault == LoadFault::Hang) return;
  answer([this, room, fault = load_fault, done = std::move(done)]() mutable {
    if (fault == LoadFault::Unavailable) {
      done({.reason = "status 500"});
      return;
    }
    const auto found = model_.rooms.find(room);
    if (found == model_.rooms.end()) {
      done({.outcome = LoadOutcome::Empty});
      return;
    }
    LoadReply reply{.outcome = LoadOutcome::Content, .body = found->second.body};
    if (with_etags) reply.etag = etag_of(found->second);
    if (fault == LoadFault::Truncated) reply.body.resize(reply.body.size() / 2);
    if (fault == LoadFault::Random) {
      for (std::uint8_t& byte : reply.body) byte = static_cast<std::uint8_t>(byte * 31 + 17);
    }
    done(std::move(reply));
  });
}

void FakeBackend::save(const RoomId& room, SaveCall call, SaveDone done) {
  sent.push_back({room, call.version, *call.update, call.if_match});
  if (save_fault == SaveFault::Hang) return;
  answer(
      [this, room, call = std::move(call), fault = save_fault, done = std::move(done)]() mutable {
        switch (fault) {
          case SaveFault::Unavailable:
            done({.status = SaveStatus::Unavailable, .reason = "status 500"});
            return;
          case SaveFault::TooLarge:
            done({.status = SaveStatus::TooLarge, .reason = "status 413"});
            return;
          case SaveFault::Denied:
            done({.status = SaveStatus::Denied, .reason = "status 401"});
            return;
          case SaveFault::StoredButUnavailable:
            (void)store(room, call);
            done({.status = SaveStatus::Unavailable, .reason = "timeout"});
            return;
          case SaveFault::None:
          case SaveFault::Hang:
            done(store(room, call));
            return;
        }
      });
}

SaveReply FakeBackend::store(const RoomId& room, const SaveCall& call) {
  FakeBackendModel::Stored& stored = model_.rooms[room];
  if (with_etags && !call.if_match.empty() && call.if_match != etag_of(stored)) {
    return {.status = SaveStatus::Stale, .reason = "status 412"};
  }
  if (with_etags && call.if_none && !stored.body.empty()) {
    return {.status = SaveStatus::Stale, .reason = "status 412"};
  }
  if (refuses_uncovering && !stored.body.empty() && !call.force) {
    const auto had = read_document(stored.body);
    const auto gets = read_document(*call.update);
    if (had && gets && !gets->coverage.covers(had->coverage)) {
      return {.status = SaveStatus::Stale, .reason = "status 409"};
    }
  }
  stored.body = *call.update;
  ++stored.revision;
  SaveReply reply{.status = SaveStatus::Stored};
  if (with_etags) reply.etag = etag_of(stored);
  return reply;
}

}  // namespace runnel::backend
