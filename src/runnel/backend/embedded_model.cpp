#include "runnel/backend/embedded_model.h"

namespace runnel::backend {

std::string_view resource_type_name(ResourceType type) noexcept {
  switch (type) {
    case ResourceType::Document:
      return "doc";
    case ResourceType::Diagram:
      return "diagram";
    case ResourceType::Task:
      return "task";
  }
  return "doc";
}

std::optional<ResourceType> parse_resource_type(std::string_view name) noexcept {
  if (name == "doc") return ResourceType::Document;
  if (name == "diagram") return ResourceType::Diagram;
  if (name == "task") return ResourceType::Task;
  return std::nullopt;
}

AccessLevel role_level(std::string_view role) noexcept {
  if (role == "owner" || role == "editor" || role == "admin" || role == "member") {
    return AccessLevel::Edit;
  }
  return role == "commenter" ? AccessLevel::Comment : AccessLevel::View;
}

bool is_document_role(std::string_view role) noexcept {
  return role == "owner" || role == "editor" || role == "commenter" || role == "viewer";
}

bool is_workspace_role(std::string_view role) noexcept {
  return role == "admin" || role == "member" || role == "viewer";
}

}  // namespace runnel::backend
