// What the embedded backend keeps: the application's users, rights and snapshots.
#pragma once

#include "base/bytes.h"
#include "base/identity.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace runnel::backend {

struct EmbeddedUser {
  std::string id;
  std::string name;
  std::string image;  // URL, may be empty
  std::string color;  // CSS, for cursors
};

struct EmbeddedMember {
  EmbeddedUser user;
  std::string role;
};

// The resources that have a room with a document. The room is "{type}-{id}".
enum class ResourceType : std::uint8_t { Document, Diagram, Task };

// "doc", "diagram" or "task".
[[nodiscard]] std::string_view resource_type_name(ResourceType type) noexcept;
[[nodiscard]] std::optional<ResourceType> parse_resource_type(std::string_view name) noexcept;

struct Resource {
  ResourceType type{ResourceType::Document};
  std::string id;
  std::string parent_id;  // workspace of documents and diagrams, project of tasks
  std::string title;
  std::string status;  // of tasks: "todo", "doing", "done"
};

struct EmbeddedProject {
  std::string id;
  std::string workspace_id;
  std::string name;
  bool is_private{false};  // only for its own members
};

struct EmbeddedWorkspace {
  std::string id;
  std::string name;
};

struct ShareLink {
  std::string id;
  ResourceType type{ResourceType::Document};
  std::string resource_id;
  AccessLevel access{AccessLevel::View};
  std::int64_t expires_ms{0};  // wall time; 0: never
};

struct StoredBlob {
  std::int64_t id{0};
  Bytes bytes;
};

// Roles: "owner" and "editor" write, "commenter" comments, everything else ("viewer") reads. In a
// workspace "admin" writes everywhere and "member" writes where everybody may.
[[nodiscard]] AccessLevel role_level(std::string_view role) noexcept;
[[nodiscard]] bool is_document_role(std::string_view role) noexcept;
[[nodiscard]] bool is_workspace_role(std::string_view role) noexcept;

}  // namespace runnel::backend
