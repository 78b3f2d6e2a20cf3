#include "ycpp/doc/doc.h"
#include "ycpp/encoding/json.h"
#include "ycpp/encoding/testing/hex.h"
#include "ycpp/types/roots.h"
#include "ycpp/types/xml.h"
#include <gtest/gtest.h>

#include <string>

namespace ycpp {
namespace {

std::string json_text(const SharedType& type) { return to_json(type.to_json()); }

AnyObject attribute(std::string_view key, Any value) {
  AnyObject made;
  made.set(key, std::move(value));
  return made;
}

TEST(Clone, CopiesListsAndMapsWithAllTheyHold) {
  Doc doc({.client_id = ClientId{1}});
  const Map map = doc.get_map("m");
  map.set("list", new_array({1, Bytes{2}, new_map({{"inner", new_text("text")}})}));
  map.set("gone", 1);
  map.remove("gone");
  doc.get_array("a").push({map.clone(), map.get("list")->as_type()->clone()});
  EXPECT_EQ(doc.get_array("a").to_json().as_array()->at(0), map.to_json());
  EXPECT_EQ(doc.get_array("a").to_json().as_array()->at(1),
            *map.to_json().as_object()->find("list"));
  // The copy is another type: an edit of it leaves the original alone.
  doc.get_array("a").get(0)->as_type()->as_map()->set("x", 1);
  EXPECT_FALSE(map.has("x"));
}

TEST(Clone, IsContentThatGoesIntoAnyDocumentAndTwice) {
  Doc doc({.client_id = ClientId{1}});
  doc.get_text("t").insert(0, "bold", attribute("bold", true));
  const NewType copy = doc.get_text("t").clone();
  doc.get_text("t").delete_text(0, 4);

  Doc other({.client_id = ClientId{1}});
  other.get_array("a").push({copy, copy});
  const Text second = *other.get_array("a").get(1)->as_type()->as_text();
  ASSERT_EQ(second.to_delta().size(), 1U);
  EXPECT_EQ(second.to_string(), "bold");
  EXPECT_EQ(second.to_delta()[0].attributes, attribute("bold", true));
}

TEST(Clone, CopiesOfATextTheDeltaAndNotItsAttributes) {
  Doc doc({.client_id = ClientId{1}});
  const Text text = doc.get_text("t");
  text.insert(0, "ab");
  text.insert_embed(1, Any(attribute("image", "x")));
  text.insert_embed(2, new_map({{"k", 1}}));
  text.set_attribute("dir", "rtl");
  doc.get_map("m").set("copy", text.clone());
  const Text copy = *doc.get_map("m").get("copy")->as_type()->as_text();
  ASSERT_EQ(copy.to_delta().size(), 4U);
  EXPECT_EQ(json_text(*copy.to_delta()[2].insert->as_type()), R"({"k":1})");
  EXPECT_FALSE(copy.get_attribute("dir").has_value());
}

// Yjs cleans up a format whose value is the very object that is in force: the copy of a text that
// was formatted once has one object in all its formats. The bytes are those of Yjs 13.6.
TEST(Clone, KnowsWhichFormatsAreOneObject) {
  Doc doc({.client_id = ClientId{1}});
  const Text text = doc.get_text("t");
  text.insert(0, "ab");
  text.insert_embed(1, Any(attribute("image", "x")));
  text.format(0, 3, attribute("link", attribute("to", attribute("page", 1))));
  doc.get_map("m").set("copy", text.clone());
  doc.get_map("m").get("copy")->as_type()->as_text()->delete_text(1, 1);
  EXPECT_EQ(testing::to_hex(doc.encode_state_as_update()),
            "010b01000401017401618401000162c5010001010d7b22696d616765223a2278227d460100046c696e6b11"
            "7b22746f223a7b2270616765223a317d7d860101046c696e6b046e756c6c2701016d04636f707902060001"
            "05046c696e6b117b22746f223a7b2270616765223a317d7d84010601618101070584010c016286010d046c"
            "696e6b046e756c6c0101010805");
}

TEST(Clone, CopiesElementsWithNamesAttributesAndChildren) {
  Doc doc({.client_id = ClientId{1}});
  const XmlFragment xml = doc.get_xml_fragment("x");
  xml.push({new_xml_element("p", {{"b", "1"}, {"a", "2"}}, {new_xml_text("in")}),
            new_xml_hook("hook", {{"k", 1}})});
  xml.push({xml.get(0)->as_type()->clone(), xml.get(1)->as_type()->clone()});
  EXPECT_EQ(xml.get(2)->as_type()->as_xml_element()->to_string(), R"(<p a="2" b="1">in</p>)");
  EXPECT_EQ(xml.get(3)->as_type()->as_xml_hook()->hook_name(), "hook");
  doc.get_array("a").push({xml.clone()});
  EXPECT_EQ(doc.get_array("a").get(0)->as_type()->as_xml_fragment()->to_string(), xml.to_string());
}

TEST(Clone, MakesASubdocumentOfTheSameGuidAndOptions) {
  Doc doc({.client_id = ClientId{1}});
  doc.get_array("a").push({NewSubdocument{.guid = "inner", .gc = false, .meta = "m"}});
  doc.get_map("m").set("copy", doc.get_array("a").clone());
  const auto copy = doc.get_map("m").get("copy")->as_type()->as_array()->get(0);
  EXPECT_EQ(copy->as_subdocument()->guid(), "inner");
  EXPECT_FALSE(copy->as_subdocument()->gc());
  EXPECT_EQ(copy->as_subdocument()->meta(), Any("m"));
}

TEST(Clone, OfARootWithoutAKindIsAnEmptyMap) {
  Doc writer({.client_id = ClientId{1}});
  writer.get_array("a").push({1});
  Doc reader({.client_id = ClientId{2}});
  ASSERT_TRUE(reader.apply_update(writer.encode_state_as_update()));
  const NewType copy = find_root(reader, "a")->clone();
  EXPECT_EQ(copy.kind, TypeKind::Map);
  EXPECT_TRUE(copy.entries.empty());
}

TEST(Clone, EndsAtADepthThatNoPeerCanMakeDangerous) {
  Doc doc({.client_id = ClientId{1}});
  Array inner = doc.get_array("a");
  for (int depth = 0; depth < 5'000; ++depth) {
    inner.push({new_array()});
    inner = *inner.get(0)->as_type()->as_array();
  }
  doc.get_map("m").set("copy", doc.get_array("a").clone());
  SharedType copy = *doc.get_map("m").get("copy")->as_type();
  std::size_t depth = 0;
  for (; copy.as_array()->length() > 0; ++depth) copy = *copy.as_array()->get(0)->as_type();
  EXPECT_EQ(depth, kAnyDepthMax + 1);
}

}  // namespace
}  // namespace ycpp
