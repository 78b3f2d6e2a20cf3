// The parts of the JSON API that speak of workspaces and what is in them.
#include "runnel/auth/json.h"
#include "runnel/backend/embedded_api.h"
#include "runnel/backend/embedded_api_call.h"
#include "runnel/net/crypto.h"

#include <boost/json/array.hpp>

#include <array>
#include <utility>

namespace runnel::backend {

namespace {

namespace json = auth::json;
using Group = EmbeddedStore::Group;

constexpr std::array<std::string_view, 3> kStatuses{"todo", "doing", "done"};

json::Object member_json(const EmbeddedMember& member) {
  json::Object object;
  object["userId"] = member.user.id;
  object["name"] = member.user.name;
  object["color"] = member.user.color;
  object["role"] = member.role;
  return object;
}

boost::json::array members_json(const std::vector<EmbeddedMember>& members) {
  boost::json::array list;
  for (const EmbeddedMember& member : members) list.emplace_back(member_json(member));
  return list;
}

json::Object resource_json(const Resource& resource) {
  json::Object object;
  object["id"] = resource.id;
  object["title"] = resource.title;
  if (resource.type == ResourceType::Task) object["status"] = resource.status;
  return object;
}

json::Object link_json(const ShareLink& link) {
  json::Object object;
  object["id"] = link.id;
  object["access"] = std::string(access_level_name(link.access));
  object["url"] = "/#/share/" + link.id;
  if (link.expires_ms != 0) object["expiresAt"] = link.expires_ms;
  return object;
}

std::optional<ResourceType> type_of_path(std::string_view plural) {
  if (plural == "documents") return ResourceType::Document;
  if (plural == "diagrams") return ResourceType::Diagram;
  if (plural == "tasks") return ResourceType::Task;
  return std::nullopt;
}

bool may_edit(const std::optional<AccessLevel>& level) { return level == AccessLevel::Edit; }

}  // namespace

Result<net::HttpResponse> EmbeddedApi::workspaces(Call& call) {
  if (call.path.size() > 1) return workspace(call);
  if (call.is("GET")) {
    boost::json::array list;
    for (const EmbeddedWorkspace& each : RUNNEL_TRY(deps_.store.workspaces())) {
      if (!RUNNEL_TRY(workspace_role(call, each.id))) continue;
      json::Object object;
      object["id"] = each.id;
      object["name"] = each.name;
      list.emplace_back(std::move(object));
    }
    return api_list(list);
  }
  if (!call.is("POST")) return api_wrong_method();
  EmbeddedWorkspace made{.id = call.text("id"), .name = call.text("name")};
  if (made.name.empty()) return error_response(400, "Missing name");
  if (made.id.empty() || !call.is_server) made.id = new_id();
  RUNNEL_TRY_VOID(deps_.store.add_workspace(made));
  if (!call.is_server) {
    RUNNEL_TRY_VOID(deps_.store.set_member(Group::Workspace, made.id, call.user_id, "admin"));
  }
  json::Object answer;
  answer["id"] = made.id;
  answer["name"] = made.name;
  return api_answer(answer, 201);
}

Result<net::HttpResponse> EmbeddedApi::workspace(Call& call) {
  const auto found = RUNNEL_TRY(deps_.store.workspace(call.path[1]));
  const auto role = RUNNEL_TRY(workspace_role(call, call.path[1]));
  // Who is no member does not learn what exists.
  if (!found || !role) return found && !role ? api_forbidden() : api_not_found();
  call.change.workspace_id = found->id;
  if (call.path.size() > 2) return workspace_children(call);
  if (!call.is("GET")) return api_wrong_method();
  return workspace_json(call, *found, *role);
}

Result<net::HttpResponse> EmbeddedApi::workspace_json(const Call& call,
                                                      const EmbeddedWorkspace& workspace,
                                                      const std::string& role) {
  json::Object answer;
  answer["id"] = workspace.id;
  answer["name"] = workspace.name;
  answer["role"] = role;
  answer["members"] = members_json(RUNNEL_TRY(deps_.store.members(Group::Workspace, workspace.id)));
  boost::json::array documents;
  for (const Resource& each :
       RUNNEL_TRY(deps_.store.resources(ResourceType::Document, workspace.id))) {
    const auto own = RUNNEL_TRY(deps_.store.role(Group::Document, each.id, call.user_id));
    if (!own && role != "admin") continue;
    json::Object object = resource_json(each);
    object["role"] = own.value_or("editor");
    documents.emplace_back(std::move(object));
  }
  answer["documents"] = std::move(documents);
  boost::json::array diagrams;
  for (const Resource& each :
       RUNNEL_TRY(deps_.store.resources(ResourceType::Diagram, workspace.id))) {
    diagrams.emplace_back(resource_json(each));
  }
  answer["diagrams"] = std::move(diagrams);
  boost::json::array projects;
  for (const EmbeddedProject& each : RUNNEL_TRY(deps_.store.projects(workspace.id))) {
    const auto own = RUNNEL_TRY(deps_.store.role(Group::Project, each.id, call.user_id));
    if (each.is_private && !own && role != "admin") continue;
    json::Object object;
    object["id"] = each.id;
    object["name"] = each.name;
    boost::json::array tasks;
    for (const Resource& task : RUNNEL_TRY(deps_.store.resources(ResourceType::Task, each.id))) {
      tasks.emplace_back(resource_json(task));
    }
    object["tasks"] = std::move(tasks);
    projects.emplace_back(std::move(object));
  }
  answer["projects"] = std::move(projects);
  return api_answer(answer);
}

Result<net::HttpResponse> EmbeddedApi::workspace_children(Call& call) {
  const std::string& id = call.path[1];
  const std::string& kind = call.path[2];
  const auto role = RUNNEL_TRY(workspace_role(call, id));
  if (kind == "members") {
    if (!call.is("GET") && role != "admin") return api_forbidden();
    call.change.room = "presence-" + id;
    return members(call, Group::Workspace, id, 3);
  }
  if (call.path.size() != 3 || !call.is("POST")) return api_not_found();
  if (!role || role == "viewer") return api_forbidden();
  if (kind == "projects") return add_project(call, id);
  if (kind == "documents") return add_resource(call, ResourceType::Document, id);
  if (kind == "diagrams") return add_resource(call, ResourceType::Diagram, id);
  return api_not_found();
}

Result<net::HttpResponse> EmbeddedApi::add_project(Call& call, const std::string& workspace_id) {
  EmbeddedProject made{.id = call.is_server ? call.text("id") : std::string{},
                       .workspace_id = workspace_id,
                       .name = call.text("name"),
                       .is_private = json::boolean(call.body, "private").value_or(false)};
  if (made.name.empty()) return error_response(400, "Missing name");
  if (made.id.empty()) made.id = new_id();
  RUNNEL_TRY_VOID(deps_.store.add_project(made));
  if (!call.is_server) {
    RUNNEL_TRY_VOID(deps_.store.set_member(Group::Project, made.id, call.user_id, "owner"));
  }
  json::Object answer;
  answer["id"] = made.id;
  answer["name"] = made.name;
  return api_answer(answer, 201);
}

Result<net::HttpResponse> EmbeddedApi::projects(Call& call) {
  if (call.path.size() < 3) return api_not_found();
  const auto project = RUNNEL_TRY(deps_.store.project(call.path[1]));
  if (!project) return api_not_found();
  call.change.workspace_id = project->workspace_id;
  const auto inherited = RUNNEL_TRY(workspace_role(call, project->workspace_id));
  auto own = RUNNEL_TRY(deps_.store.role(Group::Project, project->id, call.user_id));
  if (!own && inherited && (!project->is_private || inherited == "admin")) {
    own = inherited;
  }
  if (!own) return api_forbidden();
  if (call.path[2] == "members") {
    if (!call.is("GET") && *own != "owner" && *own != "admin") return api_forbidden();
    return members(call, Group::Project, project->id, 3);
  }
  if (call.path[2] != "tasks" || call.path.size() != 3) return api_not_found();
  if (!call.is("POST")) return api_wrong_method();
  if (role_level(*own) != AccessLevel::Edit) return api_forbidden();
  return add_resource(call, ResourceType::Task, project->id);
}

Result<net::HttpResponse> EmbeddedApi::add_resource(Call& call, ResourceType type,
                                                    const std::string& parent_id) {
  Resource made{.type = type,
                .id = call.is_server ? call.text("id") : std::string{},
                .parent_id = parent_id,
                .title = call.text("title"),
                .status = type == ResourceType::Task ? "todo" : ""};
  if (made.title.empty()) return error_response(400, "Missing title");
  if (made.id.empty()) made.id = new_id();
  RUNNEL_TRY_VOID(deps_.store.add_resource(made));
  json::Object answer = resource_json(made);
  if (type == ResourceType::Document && !call.is_server) {
    RUNNEL_TRY_VOID(deps_.store.set_member(Group::Document, made.id, call.user_id, "owner"));
    answer["role"] = "owner";
  }
  return api_answer(answer, 201);
}

Result<net::HttpResponse> EmbeddedApi::resources(Call& call) {
  const auto type = type_of_path(call.path[0]);
  if (!type || call.path.size() < 2) return api_not_found();
  auto found = RUNNEL_TRY(deps_.store.resource(*type, call.path[1]));
  if (!found) return api_not_found();
  const auto allowed = RUNNEL_TRY(level(call, room_of(*found)));
  if (!allowed) return api_forbidden();
  if (call.path.size() > 2 && call.path[2] == "members" && *type == ResourceType::Document) {
    if (!call.is("GET") && !may_edit(allowed)) return api_forbidden();
    call.change = {.workspace_id = found->parent_id, .room = room_of(*found)};
    return members(call, Group::Document, found->id, 3);
  }
  if (call.path.size() == 3 && call.path[2] == "share-links") {
    if (!may_edit(allowed)) return api_forbidden();
    return share_links(call, *found);
  }
  if (call.path.size() != 2) return api_not_found();
  if (call.is("GET")) return api_answer(resource_json(*found));
  if (!may_edit(allowed)) return api_forbidden();
  call.change.workspace_id = RUNNEL_TRY(workspace_of(*found));
  return change_resource(call, std::move(*found));
}

Result<std::string> EmbeddedApi::workspace_of(const Resource& resource) {
  if (resource.type != ResourceType::Task) return resource.parent_id;
  const auto project = RUNNEL_TRY(deps_.store.project(resource.parent_id));
  return project ? project->workspace_id : std::string{};
}

Result<net::HttpResponse> EmbeddedApi::change_resource(Call& call, Resource resource) {
  if (call.is("DELETE")) {
    RUNNEL_TRY_VOID(deps_.store.remove_resource(resource.type, resource.id));
    call.change.room = room_of(resource);
    return api_done();
  }
  if (!call.is("PATCH")) return api_wrong_method();
  if (const auto title = json::text(call.body, "title")) {
    if (title->empty()) return error_response(400, "A title may not be empty");
    resource.title = *title;
  }
  if (const auto status = json::text(call.body, "status")) {
    if (resource.type != ResourceType::Task ||
        std::ranges::find(kStatuses, *status) == kStatuses.end()) {
      return error_response(400, "status is one of todo, doing, done, and of tasks only");
    }
    resource.status = *status;
  }
  RUNNEL_TRY_VOID(deps_.store.update_resource(resource));
  return api_done();
}

Result<net::HttpResponse> EmbeddedApi::members(Call& call, Group group, const std::string& group_id,
                                               std::size_t user_at) {
  if (call.path.size() == user_at) {
    if (!call.is("GET")) return api_wrong_method();
    return api_list(members_json(RUNNEL_TRY(deps_.store.members(group, group_id))));
  }
  if (call.path.size() != user_at + 1) return api_not_found();
  const std::string& user_id = call.path[user_at];
  if (call.is("DELETE")) {
    RUNNEL_TRY_VOID(deps_.store.remove_member(group, group_id, user_id));
    return api_done();
  }
  if (!call.is("PUT")) return api_wrong_method();
  const std::string role = call.text("role");
  const bool known = group == Group::Workspace ? is_workspace_role(role) : is_document_role(role);
  if (!known) {
    return error_response(400, group == Group::Workspace
                                   ? "role is one of admin, member, viewer"
                                   : "role is one of owner, editor, commenter, viewer");
  }
  const auto user = RUNNEL_TRY(deps_.store.user(user_id));
  if (!user) return error_response(404, "Unknown user");
  RUNNEL_TRY_VOID(deps_.store.set_member(group, group_id, user_id, role));
  return api_done();
}

Result<net::HttpResponse> EmbeddedApi::share_links(Call& call, const Resource& resource) {
  if (call.is("GET")) {
    boost::json::array list;
    for (const ShareLink& link : RUNNEL_TRY(deps_.store.share_links(resource.type, resource.id))) {
      list.emplace_back(link_json(link));
    }
    return api_list(list);
  }
  if (!call.is("POST")) return api_wrong_method();
  // The id is the secret of the link: whoever knows it may enter.
  const ShareLink link{.id = net::random_token(deps_.random, 18),
                       .type = resource.type,
                       .resource_id = resource.id,
                       .access = parse_access_level(call.text("access")),
                       .expires_ms = json::integer(call.body, "expiresAt").value_or(0)};
  RUNNEL_TRY_VOID(deps_.store.add_share_link(link));
  return api_answer(link_json(link), 201);
}

Result<net::HttpResponse> EmbeddedApi::share_link(Call& call) {
  if (call.path.size() != 2) return api_not_found();
  if (!call.is("DELETE")) return api_wrong_method();
  const auto link = RUNNEL_TRY(deps_.store.share_link(call.path[1]));
  if (!link) return api_not_found();
  const Resource target{.type = link->type, .id = link->resource_id};
  if (!may_edit(RUNNEL_TRY(level(call, room_of(target))))) return api_forbidden();
  RUNNEL_TRY_VOID(deps_.store.remove_share_link(link->id));
  call.change.room = room_of(target);
  return api_done();
}

// What is behind a share link; anybody who has it may ask.
Result<net::HttpResponse> EmbeddedApi::shared(Call& call) {
  if (call.path.size() != 2 || !call.is("GET")) return api_not_found();
  const auto link = RUNNEL_TRY(deps_.store.share_link(call.path[1]));
  if (!link) return error_response(404, "The link is no longer valid");
  const auto resource = RUNNEL_TRY(deps_.store.resource(link->type, link->resource_id));
  if (!resource) return error_response(404, "The link is no longer valid");
  if (!RUNNEL_TRY(deps_.access.link_level(room_of(*resource), link->id))) {
    return error_response(404, "The link is no longer valid");
  }
  json::Object answer;
  answer["roomId"] = room_of(*resource);
  answer["access"] = std::string(access_level_name(link->access));
  answer["title"] = resource->title;
  return api_answer(answer);
}

}  // namespace runnel::backend
