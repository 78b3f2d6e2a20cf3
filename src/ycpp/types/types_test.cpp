#include "ycpp/doc/doc.h"
#include "ycpp/encoding/json.h"
#include "ycpp/types/roots.h"
#include "ycpp/types/snapshot.h"
#include "ycpp/types/subdocuments.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace ycpp {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

DocOptions client(std::uint64_t id) {
  DocOptions options;
  options.client_id = ClientId{id};
  return options;
}

AnyObject object(std::string_view key, Any value) {
  AnyObject made;
  made.set(key, std::move(value));
  return made;
}

std::string json(const SharedType& type) { return to_json(type.to_json()); }

TEST(Array, InsertsDeletesAndReadsByIndex) {
  Doc doc(client(1));
  const Array array = doc.get_array("a");
  ASSERT_TRUE(array.insert(0, {1, "two", nullptr}));
  ASSERT_TRUE(array.insert(1, {Any(AnyArray{Any(true)})}));
  array.unshift({0});
  EXPECT_EQ(json(array), R"([0,1,[true],"two",null])");
  ASSERT_TRUE(array.remove(1, 2));
  EXPECT_EQ(json(array), R"([0,"two",null])");
  EXPECT_EQ(array.get(1)->as_string(), "two");
  EXPECT_FALSE(array.get(3).has_value());
  EXPECT_EQ(array.slice(-2, 2).size(), 1U);
}

TEST(Array, RefusesAnIndexBeyondItsEndAndStaysAsItWas) {
  Doc doc(client(1));
  const Array array = doc.get_array("a");
  array.push({1, 2});
  EXPECT_FALSE(array.insert(3, {3}));
  EXPECT_FALSE(array.remove(1, 2));
  EXPECT_FALSE(array.remove(3));
  EXPECT_EQ(json(array), "[1,2]");
}

TEST(Array, KeepsBytesApartFromValues) {
  Doc doc(client(1));
  const Array array = doc.get_array("a");
  array.push({Bytes{1, 2}, 3});
  EXPECT_EQ(*array.get(0)->as_any()->as_bytes(), (Bytes{1, 2}));
  EXPECT_EQ(array.length(), 2U);
}

TEST(Array, JsonEndsAtADepthThatNoPeerCanMakeDangerous) {
  Doc doc(client(1));
  Array inner = doc.get_array("a");
  doc.transact([&](Transaction&) {
    for (int depth = 0; depth < 100'000; ++depth) {
      inner.push({new_array()});
      inner = *inner.get(0)->as_type()->as_array();
    }
  });
  EXPECT_LT(json(doc.get_array("a")).size(), 3 * kAnyDepthMax);
}

TEST(Map, SetsDeletesAndClears) {
  Doc doc(client(1));
  const Map map = doc.get_map("m");
  map.set("a", 1);
  map.set("b", Undefined{});
  map.set("a", 2);
  EXPECT_EQ(map.size(), 2U);
  EXPECT_TRUE(map.has("b"));
  map.remove("b");
  EXPECT_FALSE(map.has("b"));
  EXPECT_EQ(json(map), R"({"a":2})");
  map.clear();
  EXPECT_THAT(map.keys(), ElementsAre());
}

TEST(Map, HandlesOfNestedTypesOutliveTheirPlace) {
  Doc doc(client(1));
  const Map map = doc.get_map("m");
  map.set("inner", new_map({{"k", new_array({1, 2})}}));
  const Map inner = map.get("inner")->as_type()->as_map().value();
  EXPECT_EQ(json(map), R"({"inner":{"k":[1,2]}})");
  EXPECT_EQ(inner.parent(), SharedType(map));
  map.remove("inner");
  EXPECT_TRUE(inner.is_deleted());
  inner.set("x", 1);
  EXPECT_EQ(json(map), "{}");
}

TEST(Text, CountsInUtf16Units) {
  Doc doc(client(1));
  const Text text = doc.get_text("t");
  text.insert(0, "a\xF0\x9F\x98\x80z");
  EXPECT_EQ(text.length(), 4U);
  text.insert(3, "!");
  EXPECT_EQ(text.to_string(), "a\xF0\x9F\x98\x80!z");
  // A cut inside a pair leaves U+FFFD on both sides, as in Yjs.
  text.delete_text(1, 1);
  EXPECT_EQ(text.to_string(), "a\xEF\xBF\xBD!z");
}

TEST(Text, WhatIsNotUtf8BecomesTheReplacementCharacter) {
  Doc doc(client(1));
  const Text text = doc.get_text("t");
  text.insert(0,
              "a\xFF"
              "b\xE2\x82");
  EXPECT_EQ(text.to_string(),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD");
}

TEST(Text, FormatsArePartOfTheDeltaAndAreInheritedByTyping) {
  Doc doc(client(1));
  const Text text = doc.get_text("t");
  text.insert(0, "abcd");
  text.format(1, 2, object("bold", true));
  text.insert(2, "x");
  const Delta delta = text.to_delta();
  ASSERT_EQ(delta.size(), 3U);
  EXPECT_EQ(delta[1].insert->as_string(), "bxc");
  EXPECT_EQ(*delta[1].attributes, object("bold", true));
  text.format(0, 5, object("bold", nullptr));
  EXPECT_EQ(text.to_delta().size(), 1U);
}

TEST(Text, ACopyOfADeltaIsTheSameText) {
  Doc doc(client(1));
  const Text text = doc.get_text("t");
  text.apply_delta({insert_op("one "), insert_op("two", object("bold", true)),
                    insert_op(Any(object("image", "x")))});
  const Text copy = doc.get_text("copy");
  copy.apply_delta(as_input(text.to_delta()));
  EXPECT_EQ(copy.to_delta(), text.to_delta());
  copy.apply_delta({retain_op(1), remove_op(2)});
  EXPECT_EQ(copy.to_string(), "o two");
}

TEST(Xml, IsWrittenAsMarkupAndSearched) {
  Doc doc(client(1));
  const XmlFragment fragment = doc.get_xml_fragment("x");
  ASSERT_TRUE(
      fragment.insert(0, {new_xml_element("P", {{"id", "1"}, {"a", 2.5}}, {new_xml_text("hi")}),
                          new_xml_element("div", {}, {new_xml_element("p")})}));
  EXPECT_EQ(fragment.to_string(), R"(<p a="2.5" id="1">hi</p><div><p></p></div>)");
  EXPECT_EQ(fragment.query_selector_all("p").size(), 2U);
  const XmlElement first = fragment.query_selector("P").value();
  EXPECT_EQ(first.node_name(), "P");
  EXPECT_EQ(first.next_sibling()->as_xml_element()->node_name(), "div");
  EXPECT_FALSE(first.prev_sibling().has_value());
  ASSERT_TRUE(fragment.insert_after(first, {new_xml_hook("h")}));
  EXPECT_EQ(fragment.get(1)->as_type()->as_xml_hook()->hook_name(), "h");
  EXPECT_FALSE(fragment.insert_after(fragment.query_selector_all("p")[1], {new_xml_text()}));
  first.remove_attribute("a");
  EXPECT_FALSE(first.has_attribute("a"));
}

TEST(Xml, NodeNamesAreWrittenInLowerCaseBeyondAscii) {
  Doc doc(client(1));
  const XmlFragment fragment = doc.get_xml_fragment("x");
  fragment.push({new_xml_element("\xC3\x9C\xD0\x94")});
  EXPECT_EQ(fragment.to_string(), "<\xC3\xBC\xD0\xB4></\xC3\xBC\xD0\xB4>");
}

TEST(Events, TellWhatChangedInAListAndWhere) {
  Doc doc(client(1));
  const Map root = doc.get_map("m");
  root.set("list", new_array({1, 2, 3}));
  const Array list = root.get("list")->as_type()->as_array().value();
  EventDelta delta;
  Path path;
  list.observe([&](Event& event, Transaction&) { delta = event.delta(); });
  root.observe_deep([&](std::vector<Event*>& events, Transaction&) { path = events[0]->path(); });
  doc.transact([&](Transaction&) {
    ASSERT_TRUE(list.remove(0));
    ASSERT_TRUE(list.insert(1, {"x"}));
  });
  ASSERT_EQ(delta.size(), 3U);
  EXPECT_EQ(delta[0].remove, 1U);
  EXPECT_EQ(delta[1].retain, 1U);
  EXPECT_EQ(delta[2].insert->at(0).as_string(), "x");
  EXPECT_THAT(path, ElementsAre(PathElement(std::string("list"))));
}

TEST(Events, AHandlerMayEditAndRemoveItself) {
  Doc doc(client(1));
  const Map map = doc.get_map("m");
  int calls = 0;
  ObserverId id = 0;
  id = map.observe([&](Event&, Transaction&) {
    ++calls;
    map.unobserve(id);
    map.set("echo", calls);
  });
  map.set("a", 1);
  map.set("a", 2);
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(map.has("echo"));
}

TEST(Events, KeysNameTheOldValue) {
  Doc doc(client(1));
  const Map map = doc.get_map("m");
  map.set("a", 1);
  KeyChanges keys;
  map.observe([&](Event& event, Transaction&) { keys = event.keys(); });
  doc.transact([&](Transaction&) {
    map.set("a", 2);
    map.set("b", 3);
  });
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].second.action, KeyChange::Action::Update);
  EXPECT_EQ(keys[0].second.old_value, Value(1));
  EXPECT_EQ(keys[1].second.action, KeyChange::Action::Add);
  map.remove("b");
  EXPECT_EQ(keys[0].second.action, KeyChange::Action::Delete);
}

TEST(Subdocuments, ComeAndGoWithTheirPlace) {
  Doc doc(client(1));
  std::vector<std::string> told;
  observe_subdocuments(doc, [&](const SubdocumentEvent& event) {
    for (const Subdocument& one : event.added) told.push_back("added " + one.guid());
    for (const Subdocument& one : event.loaded) told.push_back("loaded " + one.guid());
    for (const Subdocument& one : event.removed) told.push_back("removed " + one.guid());
  });
  const Map map = doc.get_map("m");
  map.set("d", NewSubdocument{.guid = "g", .should_load = false, .meta = "note"});
  const Subdocument inner = *map.get("d")->as_subdocument();
  EXPECT_EQ(inner.meta(), Any("note"));
  EXPECT_EQ(subdocuments(doc).size(), 1U);
  inner.load();
  inner.load();
  map.remove("d");
  EXPECT_TRUE(subdocuments(doc).empty());
  // Yjs tells of a removal twice, because it destroys what is removed.
  EXPECT_THAT(told, ElementsAre("added g", "loaded g", "removed g", "removed g"));
}

// Yjs deletes what is in a type before what stands behind the type.
TEST(Subdocuments, AreRemovedDepthFirst) {
  Doc doc(client(1));
  const Map root = doc.get_map("m");
  root.set("outer", new_map({{"k", new_array({1, 2})}}));
  const Map outer = root.get("outer")->as_type()->as_map().value();
  outer.set("inner", new_map({{"k", new_array({1, 2})}}));
  const Map inner = outer.get("inner")->as_type()->as_map().value();
  inner.set("first", NewSubdocument{.guid = "nested"});
  outer.set("second", NewSubdocument{.guid = "beside"});
  std::vector<std::vector<std::string>> removed;
  observe_subdocuments(doc, [&](const SubdocumentEvent& event) {
    std::vector<std::string>& guids = removed.emplace_back();
    for (const Subdocument& one : event.removed) guids.push_back(one.guid());
  });
  root.remove("outer");
  EXPECT_THAT(removed, ElementsAre(ElementsAre("nested", "beside"), ElementsAre("nested"),
                                   ElementsAre("beside")));
}

TEST(Snapshots, RestoreWhatWasThereAndShowWhatChanged) {
  DocOptions options = client(1);
  options.gc = false;
  Doc doc(std::move(options));
  const Text text = doc.get_text("t");
  text.insert(0, "abc");
  const Snapshot before = snapshot(doc);
  text.delete_text(1, 1);
  text.insert(2, "d");
  EXPECT_EQ(text.to_delta(before)[0].insert->as_string(), "abc");
  EXPECT_EQ(text.to_delta(snapshot(doc), &before).size(), 4U);
  Doc restored(client(2));
  ASSERT_TRUE(create_doc_from_snapshot(doc, before, restored));
  EXPECT_EQ(restored.get_text("t").to_string(), "abc");
  EXPECT_EQ(Snapshot::decode(before.encode()).value(), before);
  EXPECT_EQ(Snapshot::decode_v2(before.encode_v2()).value(), before);
  EXPECT_FALSE(Snapshot::decode(Bytes{1}).has_value());
}

TEST(Snapshots, MarksChangesAsTheCallerSays) {
  Doc doc({.client_id = ClientId{1}, .gc = false});
  const Text text = doc.get_text("t");
  text.insert(0, "abcd");
  const Snapshot before = snapshot(doc);
  text.delete_text(1, 1);
  text.delete_text(2, 1);
  text.insert(0, "x");
  const auto mark = [](ChangeKind kind, Id id) {
    AnyObject made;
    made.set("type", kind == ChangeKind::Added ? "added" : "removed");
    made.set("user", static_cast<double>(id.client.value()));
    made.set("clock", static_cast<double>(id.clock));
    return Any(std::move(made));
  };
  const Delta delta = text.to_delta(snapshot(doc), &before, mark);
  ASSERT_EQ(delta.size(), 5U);  // +x a -b c -d
  EXPECT_EQ(*delta[0].attributes->find("ychange"), mark(ChangeKind::Added, {ClientId{1}, 4}));
  EXPECT_FALSE(delta[1].attributes.has_value());
  EXPECT_EQ(*delta[2].attributes->find("ychange"), mark(ChangeKind::Removed, {ClientId{1}, 1}));
  EXPECT_EQ(*delta[4].attributes->find("ychange"), mark(ChangeKind::Removed, {ClientId{1}, 3}));
}

TEST(Snapshots, ShowListsAndMapsAsTheyWere) {
  Doc doc({.client_id = ClientId{1}, .gc = false});
  const Array array = doc.get_array("a");
  const Map map = doc.get_map("m");
  array.push({1, 2});
  map.set("k", "old");
  map.set("gone", 1);
  map.remove("gone");
  const Snapshot before = snapshot(doc);
  array.push({3});  // grows the item of the others
  ASSERT_TRUE(array.remove(0));
  map.set("k", "new");
  map.set("later", 1);
  EXPECT_THAT(type_list_to_array_snapshot(array, before), ElementsAre(Value(1), Value(2)));
  EXPECT_EQ(type_map_get_snapshot(map, "k", before), Value("old"));
  EXPECT_FALSE(type_map_get_snapshot(map, "gone", before).has_value());
  EXPECT_FALSE(type_map_get_snapshot(map, "later", before).has_value());
  EXPECT_FALSE(type_map_get_snapshot(map, "never", before).has_value());
  EXPECT_THAT(type_map_get_all_snapshot(map, before), ElementsAre(Pair("k", Value("old"))));
}

TEST(Subdocuments, ThatTheApplicationLetsGoAreThereToBeLoadedAgain) {
  Doc doc({.client_id = ClientId{1}});
  doc.get_map("m").set("d", NewSubdocument{.guid = "inner"});
  std::vector<std::string> log;
  observe_subdocuments(doc, [&](const SubdocumentEvent& event) {
    log.push_back(std::to_string(event.added.size()) + std::to_string(event.removed.size()) +
                  std::to_string(event.loaded.size()));
  });
  const Subdocument inner = subdocuments(doc).front();
  inner.destroy();
  EXPECT_FALSE(inner.should_load());
  EXPECT_EQ(subdocument_guids(doc), std::set<std::string>{"inner"});
  inner.load();
  EXPECT_THAT(log, ElementsAre("110", "001"));
}

TEST(Snapshots, ADocumentThatCollectsGarbageCannotBeRestored) {
  Doc doc(client(1));
  Doc restored(client(2));
  EXPECT_EQ(create_doc_from_snapshot(doc, snapshot(doc), restored).error().code, Errc::Invalid);
}

TEST(Roots, KeepWhatAnUpdatePutIntoThemBeforeTheyHadAKind) {
  Doc source(client(1));
  source.get_text("t").insert(0, "abc");
  Doc doc(client(2));
  ASSERT_TRUE(doc.apply_update(source.encode_state_as_update()));
  EXPECT_EQ(find_root(doc, "t")->kind(), TypeKind::Untyped);
  EXPECT_TRUE(find_root(doc, "t")->to_json().is_undefined());
  EXPECT_EQ(doc.get_text("t").to_string(), "abc");
  EXPECT_FALSE(find_root(doc, "other").has_value());
}

}  // namespace
}  // namespace ycpp
