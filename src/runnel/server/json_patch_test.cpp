#include "runnel/server/json_patch.h"

#include "ycpp/encoding/json.h"
#include "ycpp/types/roots.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace runnel::server {
namespace {

using ::testing::HasSubstr;

constexpr ycpp::ClientId kServer{99};

struct Patched : ::testing::Test {
  ycpp::Doc doc{ycpp::DocOptions{.client_id = ycpp::ClientId(1)}};
  PatchOptions options{
      .root = "root", .kind = PatchRoot::Map, .shared_values = false, .client = kServer};
  PatchRefusal refusal;

  // Applies and brings the update into `doc`; false when it was refused.
  bool patch(std::string_view json) {
    const auto update = json_patch_update(doc.encode_state_as_update(), json, options);
    if (!update) {
      refusal = update.error();
      return false;
    }
    if (!update->empty()) {
      EXPECT_TRUE(doc.apply_update(*update));
    }
    return true;
  }

  std::string map_json() { return ycpp::to_json(doc.get_map("root").to_json()); }
};

TEST_F(Patched, SetsReplacesAndRemovesKeysOfAMap) {
  doc.get_map("root").set("a", 1);
  doc.get_map("root").set("b", "x");
  EXPECT_TRUE(patch(R"([{"op":"add","path":"/c","value":{"d":[1,2]}},
                        {"op":"replace","path":"/a","value":2},
                        {"op":"remove","path":"/b"}])"));
  EXPECT_EQ(map_json(), R"({"a":2,"c":{"d":[1,2]}})");
}

TEST_F(Patched, GoesIntoPlainValuesAndSetsThemAnew) {
  doc.get_map("root").set("c", *ycpp::parse_json(R"({"d":[1,{"e":2}],"f":3})"));
  EXPECT_TRUE(patch(R"([{"op":"add","path":"/c/d/1/g","value":true},
                        {"op":"add","path":"/c/d/-","value":9},
                        {"op":"add","path":"/c/d/0","value":0},
                        {"op":"remove","path":"/c/f"}])"));
  EXPECT_EQ(map_json(), R"({"c":{"d":[0,1,{"e":2,"g":true},9]}})");
}

TEST_F(Patched, GoesThroughSharedTypes) {
  doc.get_map("root").set("list", ycpp::new_array({1, 2}));
  EXPECT_TRUE(patch(R"([{"op":"add","path":"/list/1","value":"between"},
                        {"op":"replace","path":"/list/0","value":"first"},
                        {"op":"add","path":"/list/-","value":null}])"));
  EXPECT_EQ(map_json(), R"({"list":["first","between",2,null]})");
}

TEST_F(Patched, MakesSharedTypesOfValuesWhenAskedTo) {
  options.shared_values = true;
  EXPECT_TRUE(patch(R"([{"op":"add","path":"/task","value":{"tags":["a"],"done":false}}])"));
  const auto task = doc.get_map("root").get("task");
  ASSERT_TRUE(task && task->as_type() != nullptr);
  EXPECT_TRUE(task->as_type()->as_map()->get("tags")->as_type()->as_array());
  // Two people who then change different keys of it do not undo each other.
  EXPECT_TRUE(patch(R"([{"op":"replace","path":"/task/done","value":true}])"));
  EXPECT_EQ(map_json(), R"({"task":{"tags":["a"],"done":true}})");
}

TEST_F(Patched, EditsASharedTextOnlyWhereItDiffers) {
  options.kind = PatchRoot::Text;
  doc.get_text("root").insert(0, "The quick brown fox 🦊 jumps");
  EXPECT_TRUE(patch(R"([{"op":"replace","path":"","value":"The quick red fox 🐺 jumps"}])"));
  EXPECT_EQ(doc.get_text("root").to_string(), "The quick red fox 🐺 jumps");
  // What stayed was not written again: the server wrote the middle only.
  EXPECT_LT(doc.state_vector().clock(kServer), 16U);
}

TEST_F(Patched, ReplacingANestedTextKeepsTheTypeThatPeopleAreIn) {
  doc.get_map("root").set("title", ycpp::new_text("Plan"));
  const auto before = doc.get_map("root").get("title")->as_type()->item_id();
  EXPECT_TRUE(patch(R"([{"op":"replace","path":"/title","value":"Plan B"}])"));
  EXPECT_EQ(map_json(), R"({"title":"Plan B"})");
  EXPECT_EQ(doc.get_map("root").get("title")->as_type()->item_id(), before);
}

TEST_F(Patched, MovesCopiesAndTests) {
  doc.get_map("root").set("a", *ycpp::parse_json(R"({"b":1})"));
  EXPECT_TRUE(patch(R"([{"op":"test","path":"/a","value":{"b":1}},
                        {"op":"copy","from":"/a/b","path":"/c"},
                        {"op":"move","from":"/a","path":"/d"}])"));
  EXPECT_EQ(map_json(), R"({"c":1,"d":{"b":1}})");
}

TEST_F(Patched, ReplacesAWholeRoot) {
  doc.get_map("root").set("stays", 1);
  doc.get_map("root").set("goes", 2);
  EXPECT_TRUE(patch(R"([{"op":"replace","path":"","value":{"stays":1,"comes":3}}])"));
  EXPECT_EQ(map_json(), R"({"stays":1,"comes":3})");
  EXPECT_EQ(doc.state_vector().clock(kServer), 1U);
}

TEST_F(Patched, NamesTheOperationThatDoesNotFitAndChangesNothing) {
  doc.get_map("root").set("a", 1);
  EXPECT_FALSE(patch(R"([{"op":"replace","path":"/a","value":2},
                         {"op":"test","path":"/a","value":3}])"));
  EXPECT_EQ(refusal.status, 409);
  EXPECT_EQ(refusal.pointer, "/1");
  EXPECT_THAT(refusal.detail, HasSubstr("the value is 2"));
  EXPECT_EQ(map_json(), R"({"a":1})");
}

TEST_F(Patched, RefusesWhatCannotBe) {
  doc.get_map("root").set("list", ycpp::new_array({1}));
  doc.get_map("root").set("text", ycpp::new_text("abc"));
  doc.get_map("root").set("n", 1);
  const std::pair<const char*, int> cases[] = {
      {R"([{"op":"remove","path":"/no"}])", 409},
      {R"([{"op":"replace","path":"/no","value":1}])", 409},
      {R"([{"op":"add","path":"/no/deeper","value":1}])", 409},
      {R"([{"op":"add","path":"/n/deeper","value":1}])", 409},
      {R"([{"op":"add","path":"/text/0","value":1}])", 409},
      {R"([{"op":"add","path":"/list/2","value":1}])", 409},
      {R"([{"op":"add","path":"/list/01","value":1}])", 409},
      {R"([{"op":"remove","path":"/list/1"}])", 409},
      {R"([{"op":"move","from":"/list","path":"/other"}])", 409},
      {R"([{"op":"remove","path":""}])", 409},
      {R"([{"op":"replace","path":"","value":[1]}])", 409},
      {R"([{"op":"move","from":"/n","path":"/n/x"}])", 400},
      {R"([{"op":"add","path":"no slash","value":1}])", 400},
      {R"([{"op":"add","path":"/~2","value":1}])", 400},
      {R"([{"op":"add","path":"/a"}])", 400},
      {R"([{"op":"frobnicate","path":"/a","value":1}])", 400},
      {R"([1])", 400},
  };
  for (const auto& [json, status] : cases) {
    EXPECT_FALSE(patch(json)) << json;
    EXPECT_EQ(refusal.status, status) << json << ": " << refusal.detail;
    EXPECT_EQ(refusal.pointer, "/0") << json;
  }
  EXPECT_FALSE(patch("{}"));
  EXPECT_EQ(refusal.pointer, "");
  EXPECT_FALSE(patch("["));
}

TEST_F(Patched, EscapedNamesAreKeys) {
  EXPECT_TRUE(
      patch(R"([{"op":"add","path":"/a~1b~0c","value":1},{"op":"add","path":"/","value":2}])"));
  EXPECT_EQ(map_json(), R"({"a/b~c":1,"":2})");
}

TEST_F(Patched, ATestAloneChangesNothing) {
  const auto update = json_patch_update(doc.encode_state_as_update(),
                                        R"([{"op":"test","path":"","value":{}}])", options);
  ASSERT_TRUE(update);
  EXPECT_TRUE(update->empty());
}

}  // namespace
}  // namespace runnel::server
