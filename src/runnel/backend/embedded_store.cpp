#include "runnel/backend/embedded_store.h"

#include "runnel/net/crypto.h"

#include <utility>

namespace runnel::backend {

namespace {

constexpr std::int64_t kSchemaVersion = 1;

// Ids are text made by Runnel or given by the application. yjs_snapshot_id is the application's
// yjsSnapshotId.
constexpr std::string_view kSchema = R"(
CREATE TABLE user (id TEXT PRIMARY KEY, name TEXT NOT NULL, image TEXT NOT NULL,
                   color TEXT NOT NULL) STRICT;
CREATE TABLE blob (id INTEGER PRIMARY KEY AUTOINCREMENT, bytes BLOB NOT NULL,
                   created_ms INTEGER NOT NULL) STRICT;
CREATE TABLE workspace (id TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT;
CREATE TABLE workspace_member (
  group_id TEXT NOT NULL REFERENCES workspace(id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES user(id) ON DELETE CASCADE,
  role TEXT NOT NULL, PRIMARY KEY (group_id, user_id)) STRICT, WITHOUT ROWID;
CREATE TABLE doc (
  id TEXT PRIMARY KEY, parent_id TEXT NOT NULL REFERENCES workspace(id) ON DELETE CASCADE,
  title TEXT NOT NULL, status TEXT NOT NULL, yjs_snapshot_id INTEGER) STRICT;
CREATE INDEX doc_by_parent ON doc(parent_id);
CREATE TABLE doc_member (
  group_id TEXT NOT NULL REFERENCES doc(id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES user(id) ON DELETE CASCADE,
  role TEXT NOT NULL, PRIMARY KEY (group_id, user_id)) STRICT, WITHOUT ROWID;
CREATE TABLE diagram (
  id TEXT PRIMARY KEY, parent_id TEXT NOT NULL REFERENCES workspace(id) ON DELETE CASCADE,
  title TEXT NOT NULL, status TEXT NOT NULL, yjs_snapshot_id INTEGER) STRICT;
CREATE INDEX diagram_by_parent ON diagram(parent_id);
CREATE TABLE project (
  id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspace(id) ON DELETE CASCADE,
  name TEXT NOT NULL, is_private INTEGER NOT NULL) STRICT;
CREATE TABLE project_member (
  group_id TEXT NOT NULL REFERENCES project(id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES user(id) ON DELETE CASCADE,
  role TEXT NOT NULL, PRIMARY KEY (group_id, user_id)) STRICT, WITHOUT ROWID;
CREATE TABLE task (
  id TEXT PRIMARY KEY, parent_id TEXT NOT NULL REFERENCES project(id) ON DELETE CASCADE,
  title TEXT NOT NULL, status TEXT NOT NULL, yjs_snapshot_id INTEGER) STRICT;
CREATE INDEX task_by_parent ON task(parent_id);
CREATE TABLE share_link (
  id TEXT PRIMARY KEY, type TEXT NOT NULL, resource_id TEXT NOT NULL, access TEXT NOT NULL,
  expires_ms INTEGER NOT NULL) STRICT;
CREATE INDEX share_link_by_resource ON share_link(type, resource_id);
CREATE TABLE token (
  hash TEXT PRIMARY KEY, room TEXT NOT NULL, user_id TEXT NOT NULL, user_name TEXT NOT NULL,
  user_image TEXT NOT NULL, share_id TEXT NOT NULL, is_guest INTEGER NOT NULL,
  access TEXT NOT NULL, expires_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX token_by_expiry ON token(expires_ms);
CREATE TABLE session (
  hash TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES user(id) ON DELETE CASCADE,
  expires_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
PRAGMA user_version = 1;
)";

// The table of a type has the type's name.
std::string table(ResourceType type) { return std::string(resource_type_name(type)); }

std::string member_table(EmbeddedStore::Group group) {
  switch (group) {
    case EmbeddedStore::Group::Workspace:
      return "workspace_member";
    case EmbeddedStore::Group::Document:
      return "doc_member";
    case EmbeddedStore::Group::Project:
      return "project_member";
  }
  return "workspace_member";
}

std::string text(const storage::Statement& row, int column) {
  return std::string(row.text(column));
}

EmbeddedUser user_of(const storage::Statement& row, int first) {
  return {.id = text(row, first),
          .name = text(row, first + 1),
          .image = text(row, first + 2),
          .color = text(row, first + 3)};
}

ShareLink link_of(const storage::Statement& row) {
  return {.id = text(row, 0),
          .type = parse_resource_type(row.text(1)).value_or(ResourceType::Document),
          .resource_id = text(row, 2),
          .access = parse_access_level(row.text(3)),
          .expires_ms = row.integer(4)};
}

// The rows of a statement that is bound, as `read` makes them.
template <class Read>
auto rows(storage::Statement& statement, Read read)
    -> Result<std::vector<decltype(read(std::as_const(statement)))>> {
  std::vector<decltype(read(std::as_const(statement)))> found;
  while (RUNNEL_TRY(statement.step())) found.push_back(read(std::as_const(statement)));
  return found;
}

template <class Read>
auto first_row(storage::Statement& statement, Read read)
    -> Result<std::optional<decltype(read(std::as_const(statement)))>> {
  std::optional<decltype(read(std::as_const(statement)))> found;
  if (RUNNEL_TRY(statement.step())) found = read(std::as_const(statement));
  statement.reset();
  return found;
}

}  // namespace

std::string token_hash(std::string_view token) { return net::to_hex(net::sha256(as_bytes(token))); }

Result<EmbeddedStore> EmbeddedStore::open(const std::string& path) {
  EmbeddedStore store(RUNNEL_TRY(storage::Database::open({.path = path})));
  RUNNEL_TRY_VOID(store.migrate());
  return store;
}

Result<void> EmbeddedStore::migrate() {
  const std::int64_t version = RUNNEL_TRY(database_.integer("PRAGMA user_version"));
  if (version == kSchemaVersion) return {};
  if (version != 0) {
    return fail(Errc::Corrupt, database_.path() + " was written by a later version of Runnel (" +
                                   std::to_string(version) + ")");
  }
  storage::Transaction transaction = RUNNEL_TRY(storage::Transaction::begin(database_));
  RUNNEL_TRY_VOID(database_.execute(std::string(kSchema)));
  return transaction.commit();
}

Result<void> EmbeddedStore::put_user(const EmbeddedUser& user) {
  auto statement = RUNNEL_TRY(database_.prepare(
      "INSERT INTO user VALUES (?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET name = excluded.name, "
      "image = excluded.image, color = excluded.color"));
  return statement.run(user.id, user.name, user.image, user.color);
}

Result<std::optional<EmbeddedUser>> EmbeddedStore::user(std::string_view id) {
  auto statement =
      RUNNEL_TRY(database_.prepare("SELECT id, name, image, color FROM user WHERE id = ?"));
  statement.bind_all(id);
  return first_row(statement, [](const storage::Statement& row) { return user_of(row, 0); });
}

Result<std::vector<EmbeddedUser>> EmbeddedStore::users() {
  auto statement =
      RUNNEL_TRY(database_.prepare("SELECT id, name, image, color FROM user ORDER BY name, id"));
  return rows(statement, [](const storage::Statement& row) { return user_of(row, 0); });
}

Result<void> EmbeddedStore::add_workspace(const EmbeddedWorkspace& workspace) {
  auto statement = RUNNEL_TRY(database_.prepare("INSERT INTO workspace VALUES (?, ?)"));
  return statement.run(workspace.id, workspace.name);
}

Result<std::optional<EmbeddedWorkspace>> EmbeddedStore::workspace(std::string_view id) {
  auto statement = RUNNEL_TRY(database_.prepare("SELECT id, name FROM workspace WHERE id = ?"));
  statement.bind_all(id);
  return first_row(statement, [](const storage::Statement& row) {
    return EmbeddedWorkspace{.id = text(row, 0), .name = text(row, 1)};
  });
}

Result<std::vector<EmbeddedWorkspace>> EmbeddedStore::workspaces() {
  auto statement = RUNNEL_TRY(database_.prepare("SELECT id, name FROM workspace ORDER BY rowid"));
  return rows(statement, [](const storage::Statement& row) {
    return EmbeddedWorkspace{.id = text(row, 0), .name = text(row, 1)};
  });
}

Result<void> EmbeddedStore::add_project(const EmbeddedProject& project) {
  auto statement = RUNNEL_TRY(database_.prepare("INSERT INTO project VALUES (?, ?, ?, ?)"));
  return statement.run(project.id, project.workspace_id, project.name, project.is_private);
}

Result<std::optional<EmbeddedProject>> EmbeddedStore::project(std::string_view id) {
  auto statement = RUNNEL_TRY(
      database_.prepare("SELECT id, workspace_id, name, is_private FROM project WHERE id = ?"));
  statement.bind_all(id);
  return first_row(statement, [](const storage::Statement& row) {
    return EmbeddedProject{text(row, 0), text(row, 1), text(row, 2), row.integer(3) != 0};
  });
}

Result<std::vector<EmbeddedProject>> EmbeddedStore::projects(std::string_view workspace_id) {
  auto statement = RUNNEL_TRY(database_.prepare(
      "SELECT id, workspace_id, name, is_private FROM project WHERE workspace_id = ? "
      "ORDER BY rowid"));
  statement.bind_all(workspace_id);
  return rows(statement, [](const storage::Statement& row) {
    return EmbeddedProject{text(row, 0), text(row, 1), text(row, 2), row.integer(3) != 0};
  });
}

Result<void> EmbeddedStore::set_member(Group group, std::string_view group_id,
                                       std::string_view user_id, std::string_view role) {
  auto statement = RUNNEL_TRY(
      database_.prepare("INSERT INTO " + member_table(group) +
                        " VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET role = excluded.role"));
  return statement.run(group_id, user_id, role);
}

Result<void> EmbeddedStore::remove_member(Group group, std::string_view group_id,
                                          std::string_view user_id) {
  auto statement = RUNNEL_TRY(database_.prepare("DELETE FROM " + member_table(group) +
                                                " WHERE group_id = ? AND user_id = ?"));
  return statement.run(group_id, user_id);
}

Result<std::optional<std::string>> EmbeddedStore::role(Group group, std::string_view group_id,
                                                       std::string_view user_id) {
  auto statement = RUNNEL_TRY(database_.prepare("SELECT role FROM " + member_table(group) +
                                                " WHERE group_id = ? AND user_id = ?"));
  statement.bind_all(group_id, user_id);
  return first_row(statement, [](const storage::Statement& row) { return text(row, 0); });
}

Result<std::vector<EmbeddedMember>> EmbeddedStore::members(Group group, std::string_view group_id) {
  auto statement = RUNNEL_TRY(database_.prepare(
      "SELECT user.id, name, image, color, role FROM " + member_table(group) +
      " JOIN user ON user.id = user_id WHERE group_id = ? ORDER BY name, user.id"));
  statement.bind_all(group_id);
  return rows(statement, [](const storage::Statement& row) {
    return EmbeddedMember{.user = user_of(row, 0), .role = text(row, 4)};
  });
}

Result<void> EmbeddedStore::add_resource(const Resource& resource) {
  auto statement = RUNNEL_TRY(
      database_.prepare("INSERT INTO " + table(resource.type) + " VALUES (?, ?, ?, ?, NULL)"));
  return statement.run(resource.id, resource.parent_id, resource.title, resource.status);
}

Result<std::optional<Resource>> EmbeddedStore::resource(ResourceType type, std::string_view id) {
  auto statement = RUNNEL_TRY(database_.prepare("SELECT id, parent_id, title, status FROM " +
                                                table(type) + " WHERE id = ?"));
  statement.bind_all(id);
  return first_row(statement, [type](const storage::Statement& row) {
    return Resource{type, text(row, 0), text(row, 1), text(row, 2), text(row, 3)};
  });
}

Result<std::vector<Resource>> EmbeddedStore::resources(ResourceType type,
                                                       std::string_view parent_id) {
  auto statement =
      RUNNEL_TRY(database_.prepare("SELECT id, parent_id, title, status FROM " + table(type) +
                                   " WHERE parent_id = ? ORDER BY rowid"));
  statement.bind_all(parent_id);
  return rows(statement, [type](const storage::Statement& row) {
    return Resource{type, text(row, 0), text(row, 1), text(row, 2), text(row, 3)};
  });
}

Result<void> EmbeddedStore::update_resource(const Resource& resource) {
  auto statement = RUNNEL_TRY(database_.prepare("UPDATE " + table(resource.type) +
                                                " SET title = ?, status = ? WHERE id = ?"));
  return statement.run(resource.title, resource.status, resource.id);
}

Result<void> EmbeddedStore::remove_resource(ResourceType type, std::string_view id) {
  storage::Transaction transaction = RUNNEL_TRY(storage::Transaction::begin(database_));
  auto links =
      RUNNEL_TRY(database_.prepare("DELETE FROM share_link WHERE type = ? AND resource_id = ?"));
  RUNNEL_TRY_VOID(links.run(resource_type_name(type), id));
  auto blob =
      RUNNEL_TRY(database_.prepare("DELETE FROM blob WHERE id = (SELECT yjs_snapshot_id FROM " +
                                   table(type) + " WHERE id = ?)"));
  RUNNEL_TRY_VOID(blob.run(id));
  auto row = RUNNEL_TRY(database_.prepare("DELETE FROM " + table(type) + " WHERE id = ?"));
  RUNNEL_TRY_VOID(row.run(id));
  return transaction.commit();
}

Result<std::optional<StoredBlob>> EmbeddedStore::snapshot(ResourceType type, std::string_view id) {
  auto statement =
      RUNNEL_TRY(database_.prepare("SELECT yjs_snapshot_id, bytes FROM " + table(type) +
                                   " AS resource LEFT JOIN blob ON blob.id = yjs_snapshot_id "
                                   "WHERE resource.id = ? AND yjs_snapshot_id IS NOT NULL"));
  statement.bind_all(id);
  return first_row(statement, [](const storage::Statement& row) {
    return StoredBlob{.id = row.integer(0), .bytes = to_bytes(row.blob(1))};
  });
}

Result<bool> EmbeddedStore::replace_snapshot(ResourceType type, std::string_view id, ByteView bytes,
                                             std::int64_t now_ms) {
  storage::Transaction transaction = RUNNEL_TRY(storage::Transaction::begin(database_));
  const auto old = RUNNEL_TRY(snapshot(type, id));
  auto insert = RUNNEL_TRY(database_.prepare("INSERT INTO blob(bytes, created_ms) VALUES (?, ?)"));
  insert.bind_borrowed(1, bytes);
  insert.bind(2, now_ms);
  RUNNEL_TRY_VOID(insert.finish());
  const std::int64_t blob_id = database_.last_insert_id();
  auto point = RUNNEL_TRY(
      database_.prepare("UPDATE " + table(type) + " SET yjs_snapshot_id = ? WHERE id = ?"));
  RUNNEL_TRY_VOID(point.run(blob_id, id));
  if (database_.changes() == 0) return false;  // rolls back
  if (old) {
    auto erase = RUNNEL_TRY(database_.prepare("DELETE FROM blob WHERE id = ?"));
    RUNNEL_TRY_VOID(erase.run(old->id));
  }
  RUNNEL_TRY_VOID(transaction.commit());
  return true;
}

Result<std::int64_t> EmbeddedStore::blob_count() {
  return database_.integer("SELECT count(*) FROM blob");
}

Result<void> EmbeddedStore::add_share_link(const ShareLink& link) {
  auto statement = RUNNEL_TRY(database_.prepare("INSERT INTO share_link VALUES (?, ?, ?, ?, ?)"));
  return statement.run(link.id, resource_type_name(link.type), link.resource_id,
                       access_level_name(link.access), link.expires_ms);
}

Result<std::optional<ShareLink>> EmbeddedStore::share_link(std::string_view id) {
  auto statement = RUNNEL_TRY(database_.prepare(
      "SELECT id, type, resource_id, access, expires_ms FROM share_link WHERE id = ?"));
  statement.bind_all(id);
  return first_row(statement, link_of);
}

Result<std::vector<ShareLink>> EmbeddedStore::share_links(ResourceType type,
                                                          std::string_view resource_id) {
  auto statement = RUNNEL_TRY(
      database_.prepare("SELECT id, type, resource_id, access, expires_ms FROM share_link "
                        "WHERE type = ? AND resource_id = ? ORDER BY rowid"));
  statement.bind_all(resource_type_name(type), resource_id);
  return rows(statement, link_of);
}

Result<void> EmbeddedStore::remove_share_link(std::string_view id) {
  auto statement = RUNNEL_TRY(database_.prepare("DELETE FROM share_link WHERE id = ?"));
  return statement.run(id);
}

Result<void> EmbeddedStore::put_token(std::string_view hash, const StoredToken& token) {
  auto statement =
      RUNNEL_TRY(database_.prepare("INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  const Identity& identity = token.identity;
  return statement.run(hash, token.room, identity.user_id, identity.user_name, identity.user_image,
                       identity.share_id, identity.is_guest, access_level_name(identity.access),
                       token.expires_ms);
}

Result<std::optional<StoredToken>> EmbeddedStore::token(std::string_view hash) {
  auto statement = RUNNEL_TRY(
      database_.prepare("SELECT room, user_id, user_name, user_image, share_id, is_guest, access, "
                        "expires_ms FROM token WHERE hash = ?"));
  statement.bind_all(hash);
  return first_row(statement, [](const storage::Statement& row) {
    return StoredToken{.room = text(row, 0),
                       .identity = {.user_id = text(row, 1),
                                    .user_name = text(row, 2),
                                    .user_image = text(row, 3),
                                    .share_id = text(row, 4),
                                    .is_guest = row.integer(5) != 0,
                                    .access = parse_access_level(row.text(6))},
                       .expires_ms = row.integer(7)};
  });
}

Result<void> EmbeddedStore::erase_token(std::string_view hash) {
  auto statement = RUNNEL_TRY(database_.prepare("DELETE FROM token WHERE hash = ?"));
  return statement.run(hash);
}

Result<void> EmbeddedStore::erase_expired(std::int64_t now_ms) {
  auto tokens = RUNNEL_TRY(database_.prepare("DELETE FROM token WHERE expires_ms <= ?"));
  RUNNEL_TRY_VOID(tokens.run(now_ms));
  auto sessions = RUNNEL_TRY(database_.prepare("DELETE FROM session WHERE expires_ms <= ?"));
  return sessions.run(now_ms);
}

Result<void> EmbeddedStore::put_session(std::string_view hash, std::string_view user_id,
                                        std::int64_t expires_ms) {
  auto statement = RUNNEL_TRY(database_.prepare("INSERT INTO session VALUES (?, ?, ?)"));
  return statement.run(hash, user_id, expires_ms);
}

Result<std::optional<std::string>> EmbeddedStore::session_user(std::string_view hash,
                                                               std::int64_t now_ms) {
  auto statement = RUNNEL_TRY(
      database_.prepare("SELECT user_id FROM session WHERE hash = ? AND expires_ms > ?"));
  statement.bind_all(hash, now_ms);
  return first_row(statement, [](const storage::Statement& row) { return text(row, 0); });
}

Result<void> EmbeddedStore::erase_session(std::string_view hash) {
  auto statement = RUNNEL_TRY(database_.prepare("DELETE FROM session WHERE hash = ?"));
  return statement.run(hash);
}

Result<std::optional<std::string>> EmbeddedStore::setting(std::string_view name) {
  auto statement = RUNNEL_TRY(database_.prepare("SELECT value FROM setting WHERE name = ?"));
  statement.bind_all(name);
  return first_row(statement, [](const storage::Statement& row) { return text(row, 0); });
}

Result<void> EmbeddedStore::put_setting(std::string_view name, std::string_view value) {
  auto statement = RUNNEL_TRY(database_.prepare(
      "INSERT INTO setting VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value"));
  return statement.run(name, value);
}

}  // namespace runnel::backend
