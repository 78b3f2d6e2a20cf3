// What is loaded at once, where most structs take the short way, against the same structs one by
// one. They are made by hand, so that neighbours, parents and clocks are of every sort.
#include "ycpp/doc/run_loader.h"

#include "base/random_source.h"
#include "ycpp/doc/doc.h"
#include "ycpp/encoding/byte_writer.h"
#include "ycpp/types/roots.h"
#include "ycpp/update/convert.h"
#include "ycpp/update/merge.h"
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ycpp {
namespace {

using runnel::SeededRandom;

constexpr std::uint64_t kFirstHistory = 1;
constexpr std::uint64_t kHistories = 300;

// One struct as an update of its own, and the structs so far.
class Structs {
 public:
  explicit Structs(std::uint64_t client) : client_(client) {}

  [[nodiscard]] const std::vector<Bytes>& updates() const { return updates_; }

  // Those that were made since the last call.
  [[nodiscard]] std::vector<Bytes> take() { return std::exchange(updates_, {}); }

  [[nodiscard]] Id next() const { return {client_, clock_}; }

  [[nodiscard]] Id last() const { return {client_, clock_ - 1}; }

  void gc(Clock length) {
    ByteWriter writer = begin(0);
    writer.var_uint(length);
    end(std::move(writer), length);
  }

  struct Place {
    std::optional<Id> origin;
    std::optional<Id> right_origin;
    std::optional<Id> parent{};  // where there are no neighbours; if not, the root
    std::optional<std::string> key{};
  };

  void text(const Place& place, const std::string& text, Clock units) {
    ByteWriter writer = begin_item(BlockKind::String, place);
    writer.var_string(text);
    end(std::move(writer), units);
  }

  void deleted(const Place& place, Clock units) {
    ByteWriter writer = begin_item(BlockKind::Deleted, place);
    writer.var_uint(units);
    end(std::move(writer), units);
  }

  void type(const Place& place) {
    ByteWriter writer = begin_item(BlockKind::Type, place);
    writer.var_uint(static_cast<std::uint64_t>(TypeKind::Text));
    end(std::move(writer), 1);
  }

 private:
  ByteWriter begin(std::uint8_t info) const {
    ByteWriter writer;
    for (const std::uint64_t number :
         {std::uint64_t{1}, std::uint64_t{1}, client_.value(), clock_}) {
      writer.var_uint(number);
    }
    writer.u8(info);
    return writer;
  }

  ByteWriter begin_item(BlockKind kind, const Place& place) const {
    const bool has_neighbour = place.origin || place.right_origin;
    auto info = static_cast<std::uint8_t>(kind);
    if (place.origin) info |= kInfoOrigin;
    if (place.right_origin) info |= kInfoRightOrigin;
    if (place.key) info |= kInfoParentSub;
    ByteWriter writer = begin(info);
    const auto write_id = [&](const Id& id) {
      writer.var_uint(id.client.value());
      writer.var_uint(id.clock);
    };
    if (place.origin) write_id(*place.origin);
    if (place.right_origin) write_id(*place.right_origin);
    if (has_neighbour) return writer;
    writer.var_uint(place.parent ? 0 : 1);
    if (place.parent) {
      write_id(*place.parent);
    } else {
      writer.var_string("root");
    }
    if (place.key) writer.var_string(*place.key);
    return writer;
  }

  void end(ByteWriter writer, Clock units) {
    writer.var_uint(0);
    clock_ += units;
    updates_.push_back(writer.to_bytes());
  }

  ClientId client_;
  Clock clock_{0};
  std::vector<Bytes> updates_;
};

void apply_one_by_one(Doc& doc, const std::vector<Bytes>& updates) {
  for (const Bytes& update : updates) ASSERT_TRUE(doc.apply_update_v1(update).has_value());
}

void apply_at_once(Doc& doc, const std::vector<Bytes>& updates, UpdateFormat format) {
  const std::vector<ByteView> views(updates.begin(), updates.end());
  const Bytes all = *merge_updates(views, UpdateFormat::V1);
  ASSERT_TRUE(format == UpdateFormat::V1
                  ? doc.apply_update_v1(all).has_value()
                  : doc.apply_update_v2(*convert_update_format_v1_to_v2(all)).has_value());
}

void expect_equal(Doc& at_once, Doc& one_by_one) {
  EXPECT_EQ(at_once.encode_state_vector(), one_by_one.encode_state_vector());
  EXPECT_EQ(at_once.delete_set().encode(UpdateFormat::V1),
            one_by_one.delete_set().encode(UpdateFormat::V1));
  const Text text = at_once.get_text("root");
  const Text expected = one_by_one.get_text("root");
  EXPECT_EQ(text.to_string(), expected.to_string());
  EXPECT_EQ(text.length(), expected.length());
  EXPECT_EQ(text.get_attribute("key").has_value(), expected.get_attribute("key").has_value());
  EXPECT_EQ(text.to_json(), expected.to_json());
  // What is handed on says the same.
  const Bytes state = at_once.encode_state_as_update();
  Doc next(DocOptions{.gc = false});
  EXPECT_TRUE(next.apply_update_v1(state).has_value());
  EXPECT_EQ(next.encode_state_as_update(), state);
  EXPECT_EQ(next.get_text("root").to_string(), expected.to_string());
}

// Two documents, and what the one gets at once and the other one by one. Without gc, because that
// makes a difference of when something is replaced where neighbours are made up.
class Pair {
 public:
  explicit Pair(UpdateFormat format) : format_(format) {}

  void apply(const std::vector<Bytes>& updates) {
    apply_at_once(at_once_, updates, format_);
    apply_one_by_one(one_by_one_, updates);
    expect_equal(at_once_, one_by_one_);
  }

  template <class Edit>
  void edit(Edit edit) {
    edit(at_once_.get_text("root"));
    edit(one_by_one_.get_text("root"));
    expect_equal(at_once_, one_by_one_);
  }

 private:
  UpdateFormat format_;
  Doc at_once_{DocOptions{.client_id = ClientId{5}, .gc = false}};
  Doc one_by_one_{DocOptions{.client_id = ClientId{5}, .gc = false}};
};

Bytes make_deletion(Id first, Clock units) {
  ByteWriter writer;
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{1}, first.client.value(),
                                     std::uint64_t{1}, first.clock, units}) {
    writer.var_uint(number);
  }
  return writer.to_bytes();
}

class RunLoads : public testing::TestWithParam<UpdateFormat> {};

// Text that is typed and deleted in turns and gone back into, over the clock where blocks become
// wide.
TEST_P(RunLoads, GoOverTheClockThatABlockCanHold) {
  constexpr Clock kTurns = 200;
  Structs structs(77);
  structs.gc(kNarrowClockMax - kTurns);
  structs.text({}, "begin", 5);
  const Id begin = structs.last();
  std::optional<Id> after_begin;
  std::optional<Id> right;
  Id tail = begin;
  for (Clock i = 0; i < kTurns; ++i) {
    if (!after_begin || !right) tail = structs.last();
    if (i % 9 == 0) {
      const Id next = structs.next();
      structs.text({.origin = begin, .right_origin = after_begin}, "\xC3\xA9!", 2);
      right = std::exchange(after_begin, next);
    } else if (i % 3 == 1) {
      structs.deleted({.origin = structs.last(), .right_origin = right}, 1);
    } else {
      structs.text({.origin = structs.last(), .right_origin = right}, "a", 1);
    }
  }
  structs.text({.origin = tail, .right_origin = {}}, "end", 3);
  Pair documents(GetParam());
  documents.apply(structs.take());
  // Of another client, whose own clocks are small.
  Structs others(20);
  others.text({.origin = begin, .right_origin = after_begin}, "first", 5);
  others.text({.origin = structs.last(), .right_origin = {}}, "last", 4);
  documents.apply(others.take());
}

// The index of places that an edit of a list made knows what is loaded afterwards.
TEST_P(RunLoads, ArePutIntoTheIndexOfPlaces) {
  Doc at_once(DocOptions{.client_id = ClientId{5}});
  Doc one_by_one(DocOptions{.client_id = ClientId{5}});
  Structs structs(77);
  structs.text({}, std::string(600, 'x'), 600);
  const std::vector<Bytes> first = structs.take();
  for (int i = 0; i < 20; ++i) {
    structs.text({.origin = structs.last(), .right_origin = {}}, "ab", 2);
    structs.deleted({.origin = structs.last(), .right_origin = {}}, 1);
  }
  const std::vector<Bytes> second = structs.take();
  for (Doc* const doc : {&at_once, &one_by_one}) {
    apply_one_by_one(*doc, first);
    ASSERT_TRUE(doc->get_array("root").insert(300, {1}).has_value());
  }
  apply_at_once(at_once, second, GetParam());
  apply_one_by_one(one_by_one, second);
  for (Doc* const doc : {&at_once, &one_by_one}) {
    ASSERT_TRUE(doc->get_array("root").insert(621, {2}).has_value());
    ASSERT_TRUE(doc->get_array("root").remove(605, 9).has_value());
  }
  EXPECT_EQ(at_once.get_array("root").to_json(), one_by_one.get_array("root").to_json());
}

// What is known already, and what follows a gap.
TEST_P(RunLoads, BeginAndEndAnywhere) {
  Structs structs(77);
  structs.text({}, "begin", 5);
  for (int i = 0; i < 20; ++i) {
    structs.text({.origin = structs.last(), .right_origin = {}}, "ab", 2);
    structs.deleted({.origin = structs.last(), .right_origin = {}}, 1);
  }
  const Id before_gap = structs.last();
  structs.text({.origin = {}, .right_origin = Id{ClientId{77}, 0}}, "gap", 3);
  const std::size_t gap = structs.updates().size() - 1;
  structs.text({.origin = before_gap, .right_origin = {}}, "c", 1);
  structs.text({.origin = structs.last(), .right_origin = {}}, "d", 1);
  const std::vector<Bytes> all = structs.take();
  const auto part = [&](std::size_t from, std::size_t to) {
    return std::vector<Bytes>(all.begin() + static_cast<std::ptrdiff_t>(from),
                              all.begin() + static_cast<std::ptrdiff_t>(to));
  };
  constexpr std::size_t kKnown = 17;
  Pair documents(GetParam());
  documents.apply(part(0, kKnown));
  documents.apply(part(kKnown - 9, kKnown + 9));
  std::vector<Bytes> with_gap = all;
  with_gap.erase(with_gap.begin() + static_cast<std::ptrdiff_t>(gap));
  documents.apply(with_gap);
  documents.apply(all);
}

TEST_P(RunLoads, DeleteWhatGoesIntoADeletedType) {
  Pair documents(GetParam());
  Structs structs(77);
  structs.type({});
  const Id type = structs.last();
  structs.text({.origin = {}, .right_origin = {}, .parent = type}, "abc", 3);
  documents.apply(structs.take());
  documents.apply({make_deletion(type, 1)});
  for (int i = 0; i < 20; ++i) {
    structs.text({.origin = structs.last(), .right_origin = {}}, "de", 2);
    structs.deleted({.origin = structs.last(), .right_origin = {}}, 1);
  }
  documents.apply(structs.take());
}

// A history of made-up structs: mostly typing, and neighbours that are in the middle of blocks,
// that were put elsewhere, of other clients, in a key and in types that are deleted.
class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed) {}

  std::vector<Bytes> run() {
    // The highest client comes first, here and in what is loaded.
    add_client(300);
    add_client(20);
    // Deletions come last in what is loaded.
    for (Bytes& deletion : deletions_) updates_.push_back(std::move(deletion));
    return std::move(updates_);
  }

 private:
  void add_client(std::uint64_t client) {
    Structs structs(client);
    structs.text({}, "first", 5);
    cursor_ = {.origin = structs.last(), .right_origin = {}};
    key_ = {};
    constexpr int kSteps = 150;
    for (int i = 0; i < kSteps; ++i) add_one(structs);
    for (const Bytes& update : structs.updates()) updates_.push_back(update);
  }

  // Into a text, and at no place twice: what two put at one place is in the tests of histories.
  void move_cursor() {
    const auto at = static_cast<std::ptrdiff_t>(random_.below(ids_.size()));
    const Id id = ids_[static_cast<std::size_t>(at)];
    ids_.erase(ids_.begin() + at);
    cursor_ = {.origin = Id{id.client, id.clock - 1}, .right_origin = id};
  }

  void add_one(Structs& structs) {
    switch (random_.below(24)) {
      case 0:
      case 1:
        if (!ids_.empty()) move_cursor();
        break;
      case 2:
        structs.text({.origin = key_,
                      .right_origin = {},
                      .parent = {},
                      .key = key_ ? std::nullopt : std::optional<std::string>("key")},
                     "v", 1);
        key_ = structs.last();
        return;
      case 3:
        structs.type(cursor_);
        type_ = structs.last();
        cursor_ = {.origin = {}, .right_origin = {}, .parent = type_};
        break;
      case 4:
        deletions_.push_back(make_deletion(structs.last(), 1));
        return;
      case 5:
        if (type_) deletions_.push_back(make_deletion(*type_, 1));
        return;
      default:
        break;
    }
    if (random_.below(3) == 0) {
      structs.deleted(cursor_, 1 + random_.below(3));
    } else {
      structs.text(cursor_, "xyz", 3);
      ids_.push_back(structs.last());
    }
    cursor_ = {.origin = structs.last(), .right_origin = cursor_.right_origin};
  }

  SeededRandom random_;
  Structs::Place cursor_;
  std::vector<Id> ids_;    // last units of texts
  std::optional<Id> key_;  // the value that the client gave a key last
  std::optional<Id> type_;
  std::vector<Bytes> deletions_;
  std::vector<Bytes> updates_;
};

TEST_P(RunLoads, EndAsTheSameStructsOneByOne) {
  for (std::uint64_t seed = kFirstHistory; seed < kFirstHistory + kHistories; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Pair(GetParam()).apply(History(seed).run());
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, RunLoads, testing::Values(UpdateFormat::V1, UpdateFormat::V2),
                         [](const testing::TestParamInfo<UpdateFormat>& format) {
                           return format.param == UpdateFormat::V1 ? "V1" : "V2";
                         });

}  // namespace
}  // namespace ycpp
