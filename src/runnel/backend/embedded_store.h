// EmbeddedStore: the embedded backend's tables in a SQLite file of their own
// (docs/formats/embedded-backend.md). Plain access to rows; who may do what is embedded_access.h's.
//
// One thread at a time. An empty optional means that there is no such row.
#pragma once

#include "runnel/backend/embedded_model.h"
#include "runnel/storage/database.h"

#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::backend {

// All that is kept of a token or of a session's key: the hex digits of its SHA-256.
[[nodiscard]] std::string token_hash(std::string_view token);

// A token waits here until it is used or expires; only its hash is kept.
struct StoredToken {
  std::string room;  // external name
  Identity identity;
  std::int64_t expires_ms{0};
};

class EmbeddedStore {
 public:
  // Makes or upgrades the tables. Corrupt for a file of a later version.
  static Result<EmbeddedStore> open(const std::string& path);

  Result<void> put_user(const EmbeddedUser& user);
  Result<std::optional<EmbeddedUser>> user(std::string_view id);
  Result<std::vector<EmbeddedUser>> users();

  Result<void> add_workspace(const EmbeddedWorkspace& workspace);
  Result<std::optional<EmbeddedWorkspace>> workspace(std::string_view id);
  Result<std::vector<EmbeddedWorkspace>> workspaces();

  Result<void> add_project(const EmbeddedProject& project);
  Result<std::optional<EmbeddedProject>> project(std::string_view id);
  Result<std::vector<EmbeddedProject>> projects(std::string_view workspace_id);

  // Members of a workspace, document or project.
  enum class Group : std::uint8_t { Workspace, Document, Project };
  Result<void> set_member(Group group, std::string_view group_id, std::string_view user_id,
                          std::string_view role);
  Result<void> remove_member(Group group, std::string_view group_id, std::string_view user_id);
  Result<std::optional<std::string>> role(Group group, std::string_view group_id,
                                          std::string_view user_id);
  Result<std::vector<EmbeddedMember>> members(Group group, std::string_view group_id);

  Result<void> add_resource(const Resource& resource);
  Result<std::optional<Resource>> resource(ResourceType type, std::string_view id);
  // Of one workspace, or of one project for tasks.
  Result<std::vector<Resource>> resources(ResourceType type, std::string_view parent_id);
  Result<void> update_resource(const Resource& resource);  // title and status
  // With its members, share links and snapshot.
  Result<void> remove_resource(ResourceType type, std::string_view id);

  // The snapshot that a resource's yjsSnapshotId names. An id without its file is an empty `bytes`.
  Result<std::optional<StoredBlob>> snapshot(ResourceType type, std::string_view id);
  // Stores the new file, points the resource at it, then deletes the old one: one transaction, so
  // that a crash at any point leaves a resource with exactly one good file. False when there is no
  // such resource; nothing is kept then.
  Result<bool> replace_snapshot(ResourceType type, std::string_view id, ByteView bytes,
                                std::int64_t now_ms);
  Result<std::int64_t> blob_count();

  Result<void> add_share_link(const ShareLink& link);
  Result<std::optional<ShareLink>> share_link(std::string_view id);
  Result<std::vector<ShareLink>> share_links(ResourceType type, std::string_view resource_id);
  Result<void> remove_share_link(std::string_view id);

  Result<void> put_token(std::string_view hash, const StoredToken& token);
  Result<std::optional<StoredToken>> token(std::string_view hash);
  Result<void> erase_token(std::string_view hash);
  Result<void> erase_expired(std::int64_t now_ms);  // tokens and sessions

  Result<void> put_session(std::string_view hash, std::string_view user_id,
                           std::int64_t expires_ms);
  Result<std::optional<std::string>> session_user(std::string_view hash, std::int64_t now_ms);
  Result<void> erase_session(std::string_view hash);

  // Small settings of its own, such as the key that signs tokens.
  Result<std::optional<std::string>> setting(std::string_view name);
  Result<void> put_setting(std::string_view name, std::string_view value);

 private:
  explicit EmbeddedStore(storage::Database database) : database_(std::move(database)) {}

  Result<void> migrate();

  storage::Database database_;
};

}  // namespace runnel::backend
