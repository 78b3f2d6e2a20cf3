#include "runnel/backend/embedded_backend.h"

#include <utility>

namespace runnel::backend {

namespace {

auth::Unknown unknown(const Error& error) { return {.detail = to_string(error)}; }

SaveReply reply_of(const OfferReply& reply) {
  switch (reply.outcome) {
    case OfferOutcome::Stored:
      return {.status = SaveStatus::Stored, .etag = reply.etag};
    case OfferOutcome::NoResource:
      return {.status = SaveStatus::NotKept};
    case OfferOutcome::NotADocument:
      return {.status = SaveStatus::Unavailable, .reason = "the snapshot does not decode"};
    case OfferOutcome::PreconditionFailed:
    case OfferOutcome::Stale:
      return {.status = SaveStatus::Stale, .reason = "PERSIST_STALE_SNAPSHOT"};
  }
  return {};
}

}  // namespace

template <class Answer>
void EmbeddedBackend::ask(std::move_only_function<Answer(EmbeddedService&)> work,
                          std::move_only_function<void(Answer)> done) {
  deps_.worker.post([&service = deps_.service, &loop = deps_.loop, work = std::move(work),
                     done = std::move(done)]() mutable {
    loop.post(
        [answer = work(service), done = std::move(done)]() mutable { done(std::move(answer)); });
  });
}

void EmbeddedBackend::verify(const auth::AccessRequest& request, VerdictDone done) {
  ask<auth::Verdict>(
      [token = request.token, room = request.room.external_name()](EmbeddedService& service) {
        auto verdict = service.access().verify(token.reveal(), room);
        return verdict ? std::move(*verdict) : auth::Verdict(unknown(verdict.error()));
      },
      std::move(done));
}

void EmbeddedBackend::check(const RoomId& room, const Identity& identity, CheckDone done) {
  ask<auth::Verdict>(
      [identity, name = room.external_name()](EmbeddedService& service) -> auth::Verdict {
        const auto level = service.access().level_of(name, identity);
        if (!level) return unknown(level.error());
        if (!*level) return auth::Deny{.reason = auth::DenyReason::Forbidden};
        auth::Grant grant{.identity = identity};
        grant.identity.access = **level;
        return auth::Allow{std::move(grant)};
      },
      std::move(done));
}

void EmbeddedBackend::is_resource(const RoomId& room, ProbeDone done) {
  ask<std::optional<bool>>(
      [name = room.external_name()](EmbeddedService& service) -> std::optional<bool> {
        const auto answer = service.access().is_resource(name);
        return answer ? std::optional(*answer) : std::nullopt;
      },
      std::move(done));
}

void EmbeddedBackend::load(const RoomId& room, LoadDone done) {
  ask<LoadReply>(
      [name = room.external_name()](EmbeddedService& service) -> LoadReply {
        auto snapshot = service.snapshots().load(name);
        if (!snapshot) return {.reason = to_string(snapshot.error())};
        if (snapshot->state != SnapshotState::Content) return {.outcome = LoadOutcome::Empty};
        return {.outcome = LoadOutcome::Content,
                .body = std::move(snapshot->bytes),
                .etag = std::move(snapshot->etag)};
      },
      std::move(done));
}

void EmbeddedBackend::save(const RoomId& room, SaveCall call, SaveDone done) {
  ask<SaveReply>(
      [name = room.external_name(), call = std::move(call)](EmbeddedService& service) -> SaveReply {
        const auto reply = service.snapshots().offer(
            {.room = name, .bytes = *call.update, .if_match = call.if_match, .force = call.force});
        return reply ? reply_of(*reply) : SaveReply{.reason = to_string(reply.error())};
      },
      std::move(done));
}

}  // namespace runnel::backend
