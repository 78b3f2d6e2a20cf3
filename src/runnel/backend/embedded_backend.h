// EmbeddedBackend: one loop's view of the EmbeddedService, which runs on an executor of its own.
// The same interfaces as HttpBackend, without HTTP in between.
#pragma once

#include "runnel/auth/access_verifier.h"
#include "runnel/auth/open_verifier.h"
#include "runnel/backend/embedded_service.h"
#include "runnel/backend/snapshot_backend.h"

#include "base/executor.h"
#include "base/log.h"

#include <functional>

namespace runnel::backend {

struct EmbeddedBackendDeps {
  EmbeddedService& service;  // touched on `worker` only
  Executor& worker;          // may block on the disk
  Executor& loop;            // where this lives and callbacks run
  Log& log;
};

// All of `deps` outlive every call. Callbacks run on the loop, never before the call returns.
class EmbeddedBackend final : public auth::AccessVerifier,
                              public auth::AccessChecker,
                              public auth::ResourceProbe,
                              public SnapshotBackend {
 public:
  explicit EmbeddedBackend(EmbeddedBackendDeps deps) : deps_(deps) {}

  void verify(const auth::AccessRequest& request, VerdictDone done) override;
  void check(const RoomId& room, const Identity& identity, CheckDone done) override;
  void is_resource(const RoomId& room, ProbeDone done) override;
  void load(const RoomId& room, LoadDone done) override;
  void save(const RoomId& room, SaveCall call, SaveDone done) override;

 private:
  // Runs `work` on the worker and `done` with its answer on the loop.
  template <class Answer>
  void ask(std::move_only_function<Answer(EmbeddedService&)> work,
           std::move_only_function<void(Answer)> done);

  EmbeddedBackendDeps deps_;
};

}  // namespace runnel::backend
