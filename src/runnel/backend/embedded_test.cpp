#include "runnel/auth/json.h"
#include "runnel/backend/document_bytes.h"
#include "runnel/backend/embedded_backend.h"
#include "runnel/backend/embedded_service.h"
#include "runnel/backend/testing/sample_updates.h"
#include "runnel/storage/testing/temporary_directory.h"

#include "base/testing/manual_executor.h"
#include "base/testing/manual_time.h"
#include "ycpp/update/convert.h"
#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace runnel::backend {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kSecret = "the-shared-secret-of-the-servers";

class EmbeddedTest : public testing::Test {
 protected:
  EmbeddedTest() { open(true); }

  void open(bool demo) {
    service_.reset();
    const auto note = [this](const EmbeddedChange& change) {
      changes_.push_back(change.workspace_id + " " + change.room);
    };
    auto made =
        EmbeddedService::create({.time = time_, .random = random_, .log = log_, .on_change = note},
                                {.path = directory_.path() + "/backend.db",
                                 .secret = auth::Secret(std::string(kSecret)),
                                 .demo = demo});
    ASSERT_TRUE(made.has_value()) << to_string(made.error());
    service_ = std::move(*made);
  }

  struct Asked {
    std::string method{"GET"};
    std::string target;
    std::string body;
    std::string bearer;
    std::string cookie;
    std::string type{"application/json"};
    net::HttpHeaders more;
  };

  net::HttpResponse ask(const Asked& asked) {
    net::HttpRequest request;
    request.method = asked.method;
    request.target = asked.target;
    request.headers = asked.more;
    request.headers.add("Content-Type", asked.type);
    if (!asked.bearer.empty()) request.headers.add("Authorization", "Bearer " + asked.bearer);
    if (!asked.cookie.empty()) request.headers.add("Cookie", asked.cookie);
    request.body = to_bytes(asked.body);
    return service_->handle(request);
  }

  net::HttpResponse post_snapshot(const Bytes& bytes, net::HttpHeaders more = {},
                                  std::string_view query = "roomId=doc-welcome") {
    return ask({.method = "POST",
                .target = "/collaboration/snapshot?" + std::string(query),
                .body = to_text(bytes),
                .bearer = std::string(kSecret),
                .type = "application/octet-stream",
                .more = std::move(more)});
  }

  net::HttpResponse get_snapshot(std::string_view room = "doc-welcome") {
    return ask({.target = "/collaboration/snapshot?roomId=" + std::string(room),
                .bearer = std::string(kSecret)});
  }

  net::HttpResponse verify(std::string_view token, std::string_view body) {
    return ask({.method = "POST",
                .target = "/collaboration/verify",
                .body = std::string(body),
                .bearer = std::string(token)});
  }

  std::string mint(std::string_view user, std::string_view room,
                   std::string_view kind = "one-time") {
    const net::HttpResponse response =
        ask({.method = "POST",
             .target = "/collaboration/token",
             .body = R"({"roomId":")" + std::string(room) + R"(","userId":")" + std::string(user) +
                     R"(","kind":")" + std::string(kind) + R"("})",
             .bearer = std::string(kSecret)});
    return field(response, "token");
  }

  std::string sign_in(std::string_view user) {
    const net::HttpResponse response = ask({.method = "POST",
                                            .target = "/api/session",
                                            .body = R"({"userId":")" + std::string(user) + "\"}"});
    const auto set = response.headers.find("Set-Cookie");
    return set ? std::string(set->substr(0, set->find(';'))) : std::string{};
  }

  static std::string field(const net::HttpResponse& response, std::string_view name) {
    const auto object = auth::json::parse_object(response.body, "answer");
    return object ? auth::json::text_or_empty(*object, name) : std::string{};
  }

  static bool has_access(const net::HttpResponse& response) {
    const auto object = auth::json::parse_object(response.body, "answer");
    return object && auth::json::boolean(*object, "hasAccess").value_or(false);
  }

  net::HttpResponse check(std::string_view room, std::string_view user,
                          std::string_view more = "") {
    return ask({.target = "/collaboration/check-access?roomId=" + std::string(room) +
                          "&userId=" + std::string(user) + std::string(more),
                .bearer = std::string(kSecret)});
  }

  storage::TemporaryDirectory directory_;
  ManualTime time_;
  SeededRandom random_{5};
  NullLog log_;
  std::vector<std::string> changes_;  // what the service said, as "workspace room"
  std::unique_ptr<EmbeddedService> service_;
};

TEST_F(EmbeddedTest, SaysWhatARequestChangedAndNothingWhenItChangedNothing) {
  const std::string ada = sign_in("ada");
  const std::string linus = sign_in("linus");
  const auto changes = [&](const Asked& asked) {
    changes_.clear();
    (void)ask(asked);
    return std::exchange(changes_, {});
  };
  using Changes = std::vector<std::string>;
  const std::string member = "/api/documents/welcome/members/linus";
  EXPECT_EQ(changes({.method = "DELETE", .target = member, .cookie = ada}),
            Changes{"demo doc-welcome"});
  EXPECT_EQ(changes({.method = "PUT",
                     .target = member,
                     .body = R"({"role":"viewer"})",
                     .bearer = std::string(kSecret)}),
            Changes{"demo doc-welcome"});
  EXPECT_EQ(changes({.method = "POST",
                     .target = "/api/workspaces/demo/documents",
                     .body = R"({"title":"New"})",
                     .cookie = ada}),
            Changes{"demo "});
  EXPECT_EQ(changes({.method = "PATCH",
                     .target = "/api/diagrams/architecture",
                     .body = R"({"title":"Old"})",
                     .cookie = ada}),
            Changes{"demo "});
  EXPECT_EQ(changes({.method = "DELETE", .target = "/api/diagrams/architecture", .cookie = ada}),
            Changes{"demo diagram-architecture"});
  EXPECT_EQ(changes({.method = "PUT",
                     .target = "/api/workspaces/demo/members/linus",
                     .body = R"({"role":"viewer"})",
                     .bearer = std::string(kSecret)}),
            Changes{"demo presence-demo"});
  EXPECT_EQ(changes({.target = "/api/workspaces/demo", .cookie = ada}), Changes{});
  EXPECT_EQ(changes({.method = "PUT",
                     .target = "/api/documents/welcome/members/ada",
                     .body = R"({"role":"viewer"})",
                     .cookie = linus}),
            Changes{});
}

// --- The contract, row by row --------------------------------------------------------------------

TEST_F(EmbeddedTest, VerifyAnswersWithTheExactBodiesOfTheContract) {
  const auto expect = [](const net::HttpResponse& response, int status, std::string_view body) {
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.body, body);
  };
  expect(verify("", R"({"roomId":"doc-welcome"})"), 401, R"({"error":"Missing auth token"})");
  expect(verify("x", "{}"), 400, R"({"error":"Missing roomId"})");
  expect(verify("x", "garbage"), 400, R"({"error":"Missing roomId"})");
  expect(verify("x", R"({"roomId":"doc-welcome"})"), 401,
         R"({"error":"Invalid or expired token"})");
  const std::string token = mint("ada", "doc-welcome");
  expect(verify(token, R"({"roomId":"doc-roadmap"})"), 403, R"({"error":"Room mismatch"})");
  expect(verify(token, R"({"roomId":"doc-welcome"})"), 200,
         R"({"userId":"ada","userName":"Ada","accessLevel":"edit"})");
  expect(verify(token, R"({"roomId":"doc-welcome"})"), 401,
         R"({"error":"Invalid or expired token"})");
}

TEST_F(EmbeddedTest, ATokenLivesFiveMinutesAndIsNotUsedUpByA403) {
  const std::string token = mint("ada", "doc-welcome");
  time_.advance(299s);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(verify(token, R"({"roomId":"doc-roadmap"})").status, 403);
  EXPECT_EQ(verify(token, R"({"roomId":"doc-welcome"})").status, 200);
  const std::string late = mint("ada", "doc-welcome");
  time_.advance(300s);
  EXPECT_EQ(verify(late, R"({"roomId":"doc-welcome"})").status, 401);
}

TEST_F(EmbeddedTest, TheAliasesUnderstandTheOtherSpellings) {
  const std::string token = mint("ada", "doc-welcome");
  const net::HttpResponse verified =
      ask({.method = "POST",
           .target = "/api/actions/collaboration/verifyAccess",
           .body = R"({"token":")" + token + R"(","resourceType":"doc","resourceId":"welcome"})"});
  EXPECT_EQ(verified.status, 200);
  const Bytes text = insert_update(1, 0, "hello");
  const Asked save{.method = "POST",
                   .target = "/api/actions/collaboration/saveSnapshot",
                   .body = to_text(text),
                   .type = "application/octet-stream",
                   .more = {{"X-Room-Id", "doc-welcome"}}};
  EXPECT_EQ(ask(save).status, 401) << "the alias is authenticated as well";
  Asked with_secret = save;
  with_secret.bearer = std::string(kSecret);
  EXPECT_EQ(ask(with_secret).body, R"({"success":true})");
}

TEST_F(EmbeddedTest, SnapshotRequestsAreRefusedWithTheExactBodiesOfTheContract) {
  const auto get = [&](std::string_view query, std::string_view bearer) {
    return ask(
        {.target = "/collaboration/snapshot" + std::string(query), .bearer = std::string(bearer)});
  };
  EXPECT_EQ(get("?roomId=doc-welcome", "").body, R"({"error":"Missing authorization header"})");
  EXPECT_EQ(get("?roomId=doc-welcome", "wrong").body, R"({"error":"Unauthorized"})");
  EXPECT_EQ(get("", kSecret).body, R"({"error":"Missing roomId"})");
  EXPECT_EQ(get("?roomId=welcome", kSecret).body, R"({"error":"Invalid roomId format"})");
  EXPECT_EQ(get("?roomId=sheet-1", kSecret).body, R"({"error":"Invalid resource type"})");
  EXPECT_EQ(get("?roomId=doc-welcome", kSecret).body, R"({"error":"No snapshot found"})");
  EXPECT_EQ(get("?roomId=doc-welcome", kSecret).status, 404);
  const net::HttpResponse other_header =
      ask({.target = "/collaboration/snapshot?roomId=doc-welcome",
           .more = {{"X-PartyKit-Secret", std::string(kSecret)}}});
  EXPECT_EQ(other_header.status, 404);
}

TEST_F(EmbeddedTest, ASnapshotComesBackAsItWasStored) {
  const Bytes text = insert_update(1, 0, "hello");
  const net::HttpResponse stored = post_snapshot(text);
  EXPECT_EQ(stored.status, 200);
  EXPECT_EQ(stored.body, R"({"success":true})");
  const net::HttpResponse loaded = get_snapshot();
  ASSERT_NE(loaded.shared_body, nullptr);
  EXPECT_EQ(*loaded.shared_body, text);
  EXPECT_EQ(loaded.headers.find("Content-Type"), "application/octet-stream");
  EXPECT_EQ(loaded.headers.find("ETag"), stored.headers.find("ETag"));
}

TEST_F(EmbeddedTest, ASnapshotThatCoversLessIsRefusedUnlessForced) {
  const Bytes small = insert_update(1, 0, "hello");
  auto merged = merge_documents({small, delete_update(1, 0, 2)});
  ASSERT_TRUE(merged);
  EXPECT_EQ(post_snapshot(merged->update).status, 200);
  const net::HttpResponse stale = post_snapshot(small);
  EXPECT_EQ(stale.status, 409) << "it lacks a deletion";
  EXPECT_EQ(stale.body, R"({"error":"PERSIST_STALE_SNAPSHOT"})");
  EXPECT_EQ(post_snapshot(Bytes{0, 0}).status, 409);
  EXPECT_EQ(*get_snapshot().shared_body, merged->update);
  EXPECT_EQ(post_snapshot(small, {}, "roomId=doc-welcome&force=1").status, 200);
  EXPECT_EQ(*get_snapshot().shared_body, small);
}

TEST_F(EmbeddedTest, IfMatchOfAnotherStateIs412) {
  const Bytes one = insert_update(1, 0, "one");
  const std::string etag(*post_snapshot(one).headers.find("ETag"));
  auto two = merge_documents({one, insert_update(2, 0, "two")});
  ASSERT_TRUE(two);
  EXPECT_EQ(post_snapshot(two->update, {{"If-Match", "\"other\""}}).status, 412);
  EXPECT_EQ(post_snapshot(two->update, {{"If-Match", etag}}).status, 200);
}

TEST_F(EmbeddedTest, BytesThatAreNoDocumentAndBodiesOver20MiBAreRefused) {
  EXPECT_EQ(post_snapshot(to_bytes("not a document at all")).status, 400);
  Bytes text = insert_update(1, 0, "hello");
  text.pop_back();
  EXPECT_EQ(post_snapshot(text).status, 400);
  EXPECT_EQ(post_snapshot(insert_update(1, 0, std::string(kSnapshotBytesMax, 'x'))).status, 413);
  EXPECT_EQ(get_snapshot().status, 404);
}

TEST_F(EmbeddedTest, V2SnapshotsAreTaken) {
  const Bytes v1 = insert_update(1, 0, "hello");
  EXPECT_EQ(post_snapshot(*ycpp::convert_update_format_v1_to_v2(v1)).status, 200);
  EXPECT_EQ(post_snapshot(v1).status, 200) << "the same state covers it";
}

TEST_F(EmbeddedTest, TheReplacedFileIsDeletedAndAMissingResourceKeepsNone) {
  for (std::uint64_t clock = 0; clock < 5; ++clock) {
    auto text = merge_documents(
        {insert_update(1, 0, "hello"), insert_update(2, 0, std::string(clock + 1, 'x'))});
    ASSERT_TRUE(text);
    EXPECT_EQ(post_snapshot(text->update).status, 200);
    EXPECT_EQ(*service_->store().blob_count(), 1);
  }
  EXPECT_EQ(post_snapshot(insert_update(1, 0, "x"), {}, "roomId=doc-nowhere").body,
            R"({"success":true})");
  EXPECT_EQ(*service_->store().blob_count(), 1);
  const std::string ada = sign_in("ada");
  EXPECT_EQ(ask({.method = "DELETE", .target = "/api/documents/welcome", .cookie = ada}).status,
            204);
  EXPECT_EQ(*service_->store().blob_count(), 0);
}

TEST_F(EmbeddedTest, WithoutASecretTheServersEndpointsSayThatTheyAreNotConfigured) {
  auto made = EmbeddedService::create({.time = time_, .random = random_, .log = log_},
                                      {.path = directory_.path() + "/other.db"});
  ASSERT_TRUE(made);
  net::HttpRequest request;
  request.method = "GET";
  request.target = "/collaboration/snapshot?roomId=doc-1";
  request.headers.add("Authorization", "Bearer ");
  const net::HttpResponse response = (*made)->handle(request);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body, R"({"error":"Server configuration error"})");
}

// --- Rights
// ----------------------------------------------------------------------------------------

TEST_F(EmbeddedTest, BeingInTheWorkspaceIsNotBeingInTheDocument) {
  EXPECT_TRUE(has_access(check("doc-meeting-notes", "ada")));
  EXPECT_TRUE(has_access(check("doc-meeting-notes", "linus")));
  EXPECT_FALSE(has_access(check("doc-meeting-notes", "margaret")));
  EXPECT_TRUE(has_access(check("diagram-architecture", "margaret")));
  EXPECT_TRUE(has_access(check("task-invite", "grace")));
  EXPECT_TRUE(has_access(check("presence-demo", "margaret")));
  EXPECT_FALSE(has_access(check("presence-demo", "nobody")));
  EXPECT_FALSE(has_access(check("doc-nowhere", "ada")));
  EXPECT_FALSE(has_access(check("spreadsheet-1", "ada")));
  EXPECT_EQ(field(check("doc-roadmap", "margaret"), "accessLevel"), "view");
  EXPECT_EQ(field(check("task-invite", "margaret"), "accessLevel"), "view");
  EXPECT_EQ(check("doc-roadmap", "").body, R"({"error":"Missing roomId or userId"})");
}

TEST_F(EmbeddedTest, ATokenIsMintedOnlyForWhoMayEnterAndSaysNoMoreThanTheirRole) {
  EXPECT_EQ(mint("margaret", "doc-meeting-notes"), "");
  for (const char* kind : {"one-time", "hmac"}) {
    const std::string token = mint("margaret", "doc-roadmap", kind);
    EXPECT_EQ(field(verify(token, R"({"roomId":"doc-roadmap"})"), "accessLevel"), "view") << kind;
  }
}

TEST_F(EmbeddedTest, RightsTakenAwayAfterMintingCount) {
  const std::string token = mint("linus", "doc-welcome");
  const std::string signed_token = mint("linus", "doc-welcome", "hmac");
  const std::string ada = sign_in("ada");
  EXPECT_EQ(
      ask({.method = "DELETE", .target = "/api/documents/welcome/members/linus", .cookie = ada})
          .status,
      204);
  EXPECT_EQ(verify(token, R"({"roomId":"doc-welcome"})").status, 403);
  EXPECT_EQ(verify(signed_token, R"({"roomId":"doc-welcome"})").status, 403);
  EXPECT_FALSE(has_access(check("doc-welcome", "linus")));
}

TEST_F(EmbeddedTest, AGuestEntersWithAShareLinkAndLeavesWithIt) {
  const std::string ada = sign_in("ada");
  const net::HttpResponse made = ask({.method = "POST",
                                      .target = "/api/documents/welcome/share-links",
                                      .body = R"({"access":"view"})",
                                      .cookie = ada});
  const std::string link = field(made, "id");
  ASSERT_FALSE(link.empty());
  EXPECT_EQ(field(ask({.target = "/api/share/" + link}), "roomId"), "doc-welcome");
  const net::HttpResponse minted =
      ask({.method = "POST",
           .target = "/collaboration/token",
           .body = R"({"roomId":"doc-welcome","shareId":")" + link + "\"}"});
  const net::HttpResponse verified = verify(field(minted, "token"), R"({"roomId":"doc-welcome"})");
  EXPECT_EQ(field(verified, "accessLevel"), "view");
  const std::string guest = field(verified, "userId");
  EXPECT_TRUE(guest.starts_with("guest:"));
  EXPECT_TRUE(has_access(check("doc-welcome", guest, "&shareId=" + link)));
  EXPECT_FALSE(has_access(check("doc-roadmap", guest, "&shareId=" + link)));
  EXPECT_FALSE(has_access(check("doc-welcome", guest)));
  EXPECT_EQ(ask({.method = "DELETE", .target = "/api/share-links/" + link, .cookie = ada}).status,
            204);
  EXPECT_FALSE(has_access(check("doc-welcome", guest, "&shareId=" + link)));
  EXPECT_EQ(ask({.target = "/api/share/" + link}).status, 404);
}

// --- The JSON API
// ------------------------------------------------------------------------------------

TEST_F(EmbeddedTest, PeopleSeeTheirWorkspaceAndWhatTheyMayOpen) {
  EXPECT_EQ(ask({.target = "/api/workspaces"}).status, 401);
  const std::string margaret = sign_in("margaret");
  const net::HttpResponse seen = ask({.target = "/api/workspaces/demo", .cookie = margaret});
  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(seen.body.find("Meeting notes"), std::string::npos);
  EXPECT_NE(seen.body.find("Roadmap"), std::string::npos);
  EXPECT_EQ(ask({.method = "POST",
                 .target = "/api/workspaces/demo/documents",
                 .body = R"({"title":"Mine"})",
                 .cookie = margaret})
                .status,
            403);
  EXPECT_EQ(ask({.method = "PUT",
                 .target = "/api/documents/roadmap/members/margaret",
                 .body = R"({"role":"owner"})",
                 .cookie = margaret})
                .status,
            403);
}

TEST_F(EmbeddedTest, ADocumentIsMadeSharedAndRenamedByItsOwner) {
  const std::string grace = sign_in("grace");
  const net::HttpResponse made = ask({.method = "POST",
                                      .target = "/api/workspaces/demo/documents",
                                      .body = R"({"title":"Plans"})",
                                      .cookie = grace});
  EXPECT_EQ(made.status, 201);
  const std::string id = field(made, "id");
  EXPECT_FALSE(has_access(check("doc-" + id, "linus")));
  EXPECT_EQ(ask({.method = "PUT",
                 .target = "/api/documents/" + id + "/members/linus",
                 .body = R"({"role":"editor"})",
                 .cookie = grace})
                .status,
            204);
  EXPECT_EQ(field(check("doc-" + id, "linus"), "accessLevel"), "edit");
  EXPECT_EQ(ask({.method = "PATCH",
                 .target = "/api/documents/" + id,
                 .body = R"({"title":"Better plans"})",
                 .cookie = grace})
                .status,
            204);
  EXPECT_EQ(field(ask({.target = "/api/documents/" + id, .cookie = grace}), "title"),
            "Better plans");
}

TEST_F(EmbeddedTest, ACookieDoesNotCountForWhatAFormOfAnotherSiteCouldSend) {
  const std::string ada = sign_in("ada");
  EXPECT_EQ(ask({.method = "POST",
                 .target = "/api/workspaces/demo/documents",
                 .body = R"({"title":"Forged"})",
                 .cookie = ada,
                 .type = "text/plain"})
                .status,
            415);
  EXPECT_EQ(ask({.method = "POST",
                 .target = "/collaboration/token",
                 .body = R"({"roomId":"doc-welcome"})",
                 .cookie = ada,
                 .type = "text/plain"})
                .status,
            401);
}

TEST_F(EmbeddedTest, OutsideDevOnlyTheSecretMayMakeUsersAndSessions) {
  open(false);
  EXPECT_EQ(sign_in("ada"), "");
  EXPECT_EQ(ask({.target = "/api/people"}).status, 401);
  EXPECT_EQ(ask({.method = "POST", .target = "/api/users", .body = R"({"name":"Eve"})"}).status,
            401);
  const net::HttpResponse made = ask({.method = "POST",
                                      .target = "/api/users",
                                      .body = R"({"id":"eve","name":"Eve"})",
                                      .bearer = std::string(kSecret)});
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(ask({.method = "POST",
                 .target = "/api/session",
                 .body = R"({"userId":"eve"})",
                 .bearer = std::string(kSecret)})
                .status,
            200);
}

TEST_F(EmbeddedTest, EverythingIsThereAgainAfterAReopen) {
  const std::string ada = sign_in("ada");
  EXPECT_EQ(post_snapshot(insert_update(1, 0, "hello")).status, 200);
  const std::string token = mint("ada", "doc-welcome");
  const std::string signed_token = mint("ada", "doc-welcome", "hmac");
  open(true);
  EXPECT_EQ(ask({.target = "/api/session", .cookie = ada}).status, 200);
  EXPECT_EQ(*get_snapshot().shared_body, insert_update(1, 0, "hello"));
  EXPECT_EQ(verify(token, R"({"roomId":"doc-welcome"})").status, 200);
  EXPECT_EQ(verify(signed_token, R"({"roomId":"doc-welcome"})").status, 200);
}

TEST_F(EmbeddedTest, OddPathsAndMethodsGetAnAnswerAndNothingElse) {
  const std::string ada = sign_in("ada");
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "BREW"}) {
    for (const char* target :
         {"/api/", "/api//", "/api/workspaces/", "/api/workspaces/demo/", "/api/workspaces/x",
          "/api/documents", "/api/documents/welcome/members/a/b", "/api/documents/%zz",
          "/api/tasks/x", "/api/rooms/doc-welcome", "/api/share-links/none", "/collaboration/",
          "/api/projects/x/tasks", "/collaboration/none", "/api/unknown"}) {
      const int status = ask({.method = method, .target = target, .cookie = ada}).status;
      EXPECT_NE(status, 500) << method << " " << target;
      EXPECT_GE(status, 200);
    }
  }
}

// --- One loop's view
// ---------------------------------------------------------------------------------

TEST_F(EmbeddedTest, ALoopSeesTheServiceThroughTheSameInterfacesAsHttp) {
  ManualExecutor worker(time_);
  ManualExecutor loop(time_);
  EmbeddedBackend backend({.service = *service_, .worker = worker, .loop = loop, .log = log_});
  const RoomId room{"main", "doc-welcome"};
  std::optional<auth::Verdict> verdict;
  const std::string token = mint("ada", "doc-welcome");
  backend.verify({.room = room, .token = auth::Secret(token), .connection_key = {}, .address = {}},
                 [&](auth::Verdict answer) { verdict = std::move(answer); });
  worker.run_ready();
  EXPECT_FALSE(verdict) << "only on its own loop";
  loop.run_ready();
  ASSERT_TRUE(verdict && std::holds_alternative<auth::Allow>(*verdict));

  std::vector<SaveStatus> saved;
  const auto save = [&](const RoomId& to, const Bytes& bytes) {
    backend.save(to, {.update = share(bytes), .state_vector = {}, .version = 1},
                 [&](const SaveReply& reply) { saved.push_back(reply.status); });
    worker.run_ready();
    loop.run_ready();
  };
  save(room, insert_update(1, 0, "hello"));
  save(room, insert_update(2, 0, "less"));
  save({"main", "playground"}, insert_update(1, 0, "x"));
  EXPECT_EQ(saved, (std::vector{SaveStatus::Stored, SaveStatus::Stale, SaveStatus::NotKept}));
  std::vector<std::optional<bool>> resources;
  for (const char* name : {"doc-welcome", "doc-nowhere", "playground"}) {
    backend.is_resource({"main", name}, [&](std::optional<bool> is) { resources.push_back(is); });
  }
  backend.is_resource({"presence", "demo"},
                      [&](std::optional<bool> is) { resources.push_back(is); });
  worker.run_ready();
  loop.run_ready();
  EXPECT_EQ(resources, (std::vector<std::optional<bool>>{true, false, false, true}));
}

}  // namespace
}  // namespace runnel::backend
