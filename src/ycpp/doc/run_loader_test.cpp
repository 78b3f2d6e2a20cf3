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

// The updates one by one, and all of them in one. Without gc, because that makes a difference of
// when something is replaced where neighbours are made up.
void expect_loads_alike(const std::vector<Bytes>& updates, UpdateFormat format) {
  Doc one_by_one(DocOptions{.gc = false});
  std::vector<ByteView> views;
  for (const Bytes& update : updates) {
    ASSERT_TRUE(one_by_one.apply_update_v1(update).has_value());
    views.emplace_back(update);
  }
  const Bytes all = *merge_updates(views, UpdateFormat::V1);
  Doc at_once(DocOptions{.gc = false});
  ASSERT_TRUE(format == UpdateFormat::V1
                  ? at_once.apply_update_v1(all).has_value()
                  : at_once.apply_update_v2(*convert_update_format_v1_to_v2(all)).has_value());
  EXPECT_EQ(at_once.encode_state_vector(), one_by_one.encode_state_vector());
  EXPECT_EQ(at_once.delete_set().encode(UpdateFormat::V1),
            one_by_one.delete_set().encode(UpdateFormat::V1));
  const Text text = at_once.get_text("root");
  const Text expected = one_by_one.get_text("root");
  EXPECT_EQ(text.to_string(), expected.to_string());
  EXPECT_EQ(text.length(), expected.length());
  EXPECT_EQ(text.get_attribute("key").has_value(), expected.get_attribute("key").has_value());
  EXPECT_EQ(text.to_json(), expected.to_json());
}

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
  for (Clock i = 0; i < kTurns; ++i) {
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
  expect_loads_alike(structs.updates(), GetParam());
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
    expect_loads_alike(History(seed).run(), GetParam());
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, RunLoads, testing::Values(UpdateFormat::V1, UpdateFormat::V2),
                         [](const testing::TestParamInfo<UpdateFormat>& format) {
                           return format.param == UpdateFormat::V1 ? "V1" : "V2";
                         });

}  // namespace
}  // namespace ycpp
