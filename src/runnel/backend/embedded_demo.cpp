// The demo people and their workspace.
#include "runnel/backend/embedded_service.h"

#include <array>

namespace runnel::backend {

namespace {

constexpr std::string_view kWorkspace = "demo";

struct DemoMember {
  std::string_view id;
  std::string_view name;
  std::string_view color;
  std::string_view workspace_role;
};

constexpr std::array<DemoMember, 4> kPeople{{
    {"ada", "Ada", "#7c5cff", "admin"},
    {"grace", "Grace", "#0f9d8a", "member"},
    {"linus", "Linus", "#d9487d", "member"},
    {"margaret", "Margaret", "#b7791f", "viewer"},
}};

struct DemoDocument {
  std::string_view id;
  std::string_view title;
  std::array<std::string_view, 4> roles;  // of the people above
};

constexpr std::array<DemoDocument, 3> kDocuments{{
    {"welcome", "Welcome", {"owner", "editor", "editor", "viewer"}},
    {"roadmap", "Roadmap", {"owner", "editor", "editor", "viewer"}},
    {"meeting-notes", "Meeting notes", {"owner", "editor", "viewer", ""}},
}};

struct DemoTask {
  std::string_view id;
  std::string_view title;
  std::string_view status;
};

constexpr std::array<DemoTask, 3> kTasks{{
    {"first-steps", "Open a document in two windows", "doing"},
    {"pull-the-plug", "Stop the server while typing", "todo"},
    {"invite", "Share a document with a guest", "todo"},
}};

Result<void> seed_people(EmbeddedStore& store) {
  for (const DemoMember& person : kPeople) {
    RUNNEL_TRY_VOID(store.put_user({.id = std::string(person.id),
                                    .name = std::string(person.name),
                                    .image = {},
                                    .color = std::string(person.color)}));
    RUNNEL_TRY_VOID(store.set_member(EmbeddedStore::Group::Workspace, kWorkspace, person.id,
                                     person.workspace_role));
  }
  return {};
}

Result<void> seed_documents(EmbeddedStore& store) {
  for (const DemoDocument& document : kDocuments) {
    RUNNEL_TRY_VOID(store.add_resource({.type = ResourceType::Document,
                                        .id = std::string(document.id),
                                        .parent_id = std::string(kWorkspace),
                                        .title = std::string(document.title),
                                        .status = {}}));
    for (std::size_t at = 0; at < kPeople.size(); ++at) {
      if (document.roles[at].empty()) continue;
      RUNNEL_TRY_VOID(store.set_member(EmbeddedStore::Group::Document, document.id, kPeople[at].id,
                                       document.roles[at]));
    }
  }
  return {};
}

}  // namespace

Result<void> seed_demo(EmbeddedStore& store) {
  const auto users = RUNNEL_TRY(store.users());
  if (!users.empty()) return {};
  RUNNEL_TRY_VOID(store.add_workspace({.id = std::string(kWorkspace), .name = "Demo workspace"}));
  RUNNEL_TRY_VOID(seed_people(store));
  RUNNEL_TRY_VOID(seed_documents(store));
  RUNNEL_TRY_VOID(store.add_resource({.type = ResourceType::Diagram,
                                      .id = "architecture",
                                      .parent_id = std::string(kWorkspace),
                                      .title = "Architecture",
                                      .status = {}}));
  RUNNEL_TRY_VOID(store.add_project({.id = "getting-started",
                                     .workspace_id = std::string(kWorkspace),
                                     .name = "Getting started",
                                     .is_private = false}));
  for (const DemoTask& task : kTasks) {
    RUNNEL_TRY_VOID(store.add_resource({.type = ResourceType::Task,
                                        .id = std::string(task.id),
                                        .parent_id = "getting-started",
                                        .title = std::string(task.title),
                                        .status = std::string(task.status)}));
  }
  return {};
}

}  // namespace runnel::backend
