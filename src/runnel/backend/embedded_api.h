// The small JSON API of the embedded backend (docs/embedded-backend.md): users, workspaces,
// documents, diagrams, projects, tasks, members and share links. Who presents the secret may do
// everything; who is signed in, what their roles allow. Errors are {"error": text}.
//
// One thread at a time.
#pragma once

#include "runnel/auth/secret.h"
#include "runnel/backend/embedded_access.h"
#include "runnel/backend/embedded_snapshots.h"
#include "runnel/net/http_types.h"

#include "base/log.h"
#include "base/random_source.h"
#include "base/time_source.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace runnel::backend {

// What a request has changed, for those who are looking at it.
struct EmbeddedChange {
  std::string workspace_id;  // its list of contents or of people is not what it was; empty: it is
  std::string room;  // external name of a room whose rights are not what they were, or empty
};

using EmbeddedChanged = std::function<void(const EmbeddedChange&)>;

struct EmbeddedApiDeps {
  EmbeddedStore& store;
  EmbeddedAccess& access;
  EmbeddedSnapshots& snapshots;
  const auth::Secret& secret;
  const TimeSource& time;
  RandomSource& random;
  Log& log;
  EmbeddedChanged on_change;  // none: nobody wants to know
  bool sign_in{false};        // anybody may sign in as any user: `runnel dev` only
};

class EmbeddedApi {
 public:
  static constexpr Duration kSessionLifetime{std::chrono::hours{24 * 30}};

  explicit EmbeddedApi(EmbeddedApiDeps deps) : deps_(std::move(deps)) {}

  // Whether `path` (raw, without query) belongs to the API.
  [[nodiscard]] static bool wants(std::string_view path);

  net::HttpResponse handle(const net::HttpRequest& request);

  // Who is signed in by the request's cookie; empty: nobody.
  Result<std::string> session_user(const net::HttpRequest& request);

 private:
  // One request being answered: who asks, for what, with which body.
  struct Call;

  Result<net::HttpResponse> route(Call& call);
  Result<net::HttpResponse> users(Call& call);
  Result<net::HttpResponse> session(Call& call);
  Result<net::HttpResponse> sign_in(Call& call);
  Result<net::HttpResponse> workspaces(Call& call);
  Result<net::HttpResponse> workspace(Call& call);
  Result<net::HttpResponse> workspace_children(Call& call);
  Result<net::HttpResponse> add_project(Call& call, const std::string& workspace_id);
  Result<net::HttpResponse> projects(Call& call);
  Result<net::HttpResponse> resources(Call& call);
  Result<net::HttpResponse> add_resource(Call& call, ResourceType type,
                                         const std::string& parent_id);
  Result<net::HttpResponse> change_resource(Call& call, Resource resource);
  Result<net::HttpResponse> members(Call& call, EmbeddedStore::Group group,
                                    const std::string& group_id, std::size_t user_at);
  Result<net::HttpResponse> share_links(Call& call, const Resource& resource);
  Result<net::HttpResponse> share_link(Call& call);
  Result<net::HttpResponse> shared(Call& call);
  Result<net::HttpResponse> room_snapshot(Call& call);

  // The caller's role in a workspace: "admin" for who presents the secret; none: no member.
  Result<std::optional<std::string>> workspace_role(const Call& call, std::string_view id);
  // What the caller may do with a resource; the secret edits everything.
  Result<std::optional<AccessLevel>> level(const Call& call, std::string_view room);
  Result<std::string> workspace_of(const Resource& resource);
  void tell(const Call& call, const net::HttpResponse& response) const;
  Result<net::HttpResponse> workspace_json(const Call& call, const EmbeddedWorkspace& workspace,
                                           const std::string& role);
  [[nodiscard]] std::string new_id();

  EmbeddedApiDeps deps_;
};

}  // namespace runnel::backend
