#include "runnel/auth/open_verifier.h"

#include <utility>

namespace runnel::auth {

namespace {

Verdict anonymous_editor() {
  Grant grant;
  grant.identity.access = AccessLevel::Edit;
  return Allow{std::move(grant)};
}

}  // namespace

void OpenVerifier::verify(const AccessRequest& /*request*/, VerdictDone done) {
  done(anonymous_editor());
}

void DevVerifier::verify(const AccessRequest& request, VerdictDone done) {
  if (!request.token.empty()) {
    with_token_.verify(request, std::move(done));
    return;
  }
  if (resources_ == nullptr) {
    done(anonymous_editor());
    return;
  }
  resources_->is_resource(
      request.room, [done = std::move(done)](std::optional<bool> is_resource) mutable {
        if (!is_resource) {
          done(Unknown{.detail = "it could not be found out whether the room is protected"});
        } else if (*is_resource) {
          done(Deny{.reason = DenyReason::MissingToken});
        } else {
          done(anonymous_editor());
        }
      });
}

}  // namespace runnel::auth
