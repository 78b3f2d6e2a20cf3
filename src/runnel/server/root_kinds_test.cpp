#include "runnel/server/root_kinds.h"

#include "ycpp/encoding/json.h"
#include "ycpp/types/roots.h"
#include <gtest/gtest.h>

namespace runnel::server {
namespace {

TEST(RootKinds, ADocumentThatOnlyUpdatesHaveNamedIsShownWhole) {
  ycpp::Doc doc(ycpp::DocOptions{.client_id = ycpp::ClientId(1)});
  doc.get_text("text").insert(0, "Hello");
  doc.get_map("map").set("a", ycpp::new_array({1}));
  ASSERT_TRUE(doc.get_array("list").insert(0, {1, "two"}));
  doc.get_array("maps").push({ycpp::new_map({{"k", 1}})});
  ASSERT_TRUE(doc.get_xml_fragment("xml").insert(0, {ycpp::new_xml_element("p")}));
  doc.get_text("emptied").insert(0, "gone");
  doc.get_text("emptied").delete_text(0, 4);

  ycpp::Doc copy;
  ASSERT_TRUE(copy.apply_update(doc.encode_state_as_update()));
  EXPECT_EQ(likely_kind(copy, "xml"), ycpp::TypeKind::XmlFragment);
  EXPECT_EQ(likely_kind(copy, "emptied"), ycpp::TypeKind::Untyped);
  EXPECT_EQ(likely_kind(copy, "absent"), ycpp::TypeKind::Untyped);
  settle_root_kinds(copy);
  const auto shown = ycpp::parse_json(ycpp::to_json(ycpp::to_json(copy)));
  const auto wanted = ycpp::parse_json(
      R"({"text":"Hello","map":{"a":[1]},"list":[1,"two"],"maps":[{"k":1}],"xml":"<p></p>"})");
  ASSERT_TRUE(shown && wanted);
  EXPECT_TRUE(*shown == *wanted) << ycpp::to_json(*shown);
}

}  // namespace
}  // namespace runnel::server
