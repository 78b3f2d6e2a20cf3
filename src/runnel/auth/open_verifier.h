// The two ways in without a token: `auth.mode = "none"`, and `runnel dev`.
#pragma once

#include "runnel/auth/access_verifier.h"

#include <functional>
#include <optional>

namespace runnel::auth {

// Everybody is an anonymous editor. Only for an explicit `auth.mode = "none"`.
class OpenVerifier final : public AccessVerifier {
 public:
  void verify(const AccessRequest& request, VerdictDone done) override;
};

// Whether a room is a resource of the application, which its rights protect.
class ResourceProbe {
 public:
  // No value: it could not be found out.
  using ProbeDone = std::move_only_function<void(std::optional<bool>)>;

  ResourceProbe() = default;
  ResourceProbe(const ResourceProbe&) = delete;
  ResourceProbe& operator=(const ResourceProbe&) = delete;
  ResourceProbe(ResourceProbe&&) = delete;
  ResourceProbe& operator=(ResourceProbe&&) = delete;
  virtual ~ResourceProbe() = default;

  virtual void is_resource(const RoomId& room, ProbeDone done) = 0;
};

// `runnel dev`: a request without a token is an anonymous editor, except in rooms that are
// resources; a token that is present is always verified.
class DevVerifier final : public AccessVerifier {
 public:
  // Both outlive this. Without a probe no room is a resource.
  DevVerifier(AccessVerifier& with_token, ResourceProbe* resources)
      : with_token_(with_token), resources_(resources) {}

  void verify(const AccessRequest& request, VerdictDone done) override;

 private:
  AccessVerifier& with_token_;
  ResourceProbe* resources_;
};

}  // namespace runnel::auth
