// The fast paths against the general one: whatever random clients send, in either format, a
// document that takes what it can by a fast path ends up as one that never does, event for event.
#include "ycpp/doc/fast_path.h"

#include "base/random_source.h"
#include "ycpp/doc/doc.h"
#include "ycpp/types/roots.h"
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ycpp {
namespace {

using runnel::SeededRandom;

constexpr std::uint64_t kFirstSeed = 1;
constexpr std::uint64_t kSeeds = 60;

// One change in both formats.
struct Change {
  Bytes v1;
  Bytes v2;
};

// A client that edits at random and receives the others' changes late.
class Writer {
 public:
  Writer(std::uint64_t id, SeededRandom& random)
      : doc_(DocOptions{.client_id = ClientId{id}}), random_(random) {
    doc_.on_update([this](const UpdateEvent& event) {
      if (event.local) made_.push_back({runnel::to_bytes(event.update), {}});
    });
    doc_.on_update_v2([this](const UpdateEvent& event) {
      if (event.local) made_.back().v2 = runnel::to_bytes(event.update);
    });
  }

  void edit() {
    const Text text = doc_.get_text("text");
    const std::uint64_t length = text.length();
    const std::uint64_t kind = random_.below(12);
    const std::uint64_t index = random_.below(length + 1);
    switch (kind) {
      case 0:
        cursor_ = index;
        return insert(text);
      case 1:
        return text.delete_text(index, 1 + random_.below(4));
      case 2:
        if (cursor_ > 0) text.delete_text(--cursor_, 1);
        return;
      case 3:
        return edit_others();
      case 4:
        if (formats_) text.format(index, 2, bold());
        return;
      default:
        return insert(text);
    }
  }

  void allow_formats() { formats_ = true; }

  void receive(const Change& change) { (void)doc_.apply_update_v1(change.v1); }

  [[nodiscard]] StateVector state_vector() { return doc_.state_vector(); }

  [[nodiscard]] std::vector<Change> take_made() { return std::exchange(made_, {}); }

 private:
  static AnyObject bold() {
    AnyObject attributes;
    attributes.set("bold", true);
    return attributes;
  }

  void insert(const Text& text) {
    constexpr std::array<std::string_view, 6> kTexts{
        "a", "xyz", "\xC3\xA9", "\xF0\x9F\x98\x80", "\xE2\x82\xAC!", "word "};
    constexpr std::array<std::uint64_t, 6> kUnits{1, 3, 1, 2, 2, 5};
    const std::size_t pick = random_.below(3) == 0 ? random_.below(kTexts.size()) : 0;
    cursor_ = std::min(cursor_, text.length());
    text.insert(cursor_, kTexts[pick]);
    cursor_ += kUnits[pick];
  }

  void edit_others() {
    const Array array = doc_.get_array("array");
    switch (random_.below(4)) {
      case 0:
        return array.push({static_cast<int>(random_.below(100))});
      case 1:
        if (array.length() > 0) (void)array.remove(random_.below(array.length()), 1);
        return;
      case 2:
        return doc_.get_map("map").set("key", "value");
      default:
        return doc_.get_map("map").remove("key");
    }
  }

  Doc doc_;
  SeededRandom& random_;
  std::uint64_t cursor_{0};
  bool formats_{false};
  std::vector<Change> made_;
};

// What a document has sent, in both formats.
class Receiver {
 public:
  explicit Receiver(bool gc) : doc_(DocOptions{.client_id = ClientId{99}, .gc = gc}) {
    doc_.on_update([this](const UpdateEvent& event) { sent_v1_.push_back(copy(event)); });
    doc_.on_update_v2([this](const UpdateEvent& event) { sent_v2_.push_back(copy(event)); });
  }

  [[nodiscard]] Doc& doc() { return doc_; }

  void apply(ByteView update) { EXPECT_TRUE(doc_.apply_update(update).has_value()); }

  // No fast path is taken while a transaction is open.
  void apply_in_general(ByteView update) {
    doc_.transact([&](Transaction&) { apply(update); });
  }

  void expect_equal(Receiver& other) {
    EXPECT_EQ(doc_.encode_state_as_update(), other.doc_.encode_state_as_update());
    EXPECT_EQ(doc_.encode_state_as_update_v2(), other.doc_.encode_state_as_update_v2());
    EXPECT_EQ(doc_.encode_state_vector(), other.doc_.encode_state_vector());
    const Text text = doc_.get_text("text");
    const Text other_text = other.doc_.get_text("text");
    EXPECT_EQ(text.length(), other_text.length());
    EXPECT_EQ(text.to_string(), other_text.to_string());
    EXPECT_EQ(doc_.get_array("array").length(), other.doc_.get_array("array").length());
    EXPECT_EQ(sent_v1_, other.sent_v1_);
    EXPECT_EQ(sent_v2_, other.sent_v2_);
    for (Receiver* const one : {this, &other}) {
      one->sent_v1_.clear();
      one->sent_v2_.clear();
    }
  }

 private:
  static Bytes copy(const UpdateEvent& event) { return runnel::to_bytes(event.update); }

  Doc doc_;
  std::vector<Bytes> sent_v1_;
  std::vector<Bytes> sent_v2_;
};

struct Taken {
  std::uint64_t fast{0};
  std::uint64_t general{0};
};

// A history of three writers and what it is delivered to.
class Comparison {
 public:
  Comparison(std::uint64_t seed, UpdateFormat format)
      : random_(seed), format_(format), gc_(random_.below(4) != 0), fast_(gc_), general_(gc_) {
    const bool formats = random_.below(3) == 0;
    for (std::uint64_t id = 1; id <= 3; ++id) {
      // Ids of several bytes, and one of a single byte.
      writers_.push_back(std::make_unique<Writer>(id * id * id * 1000 - 999, random_));
      if (formats) writers_.back()->allow_formats();
    }
    inboxes_.resize(writers_.size());
  }

  Taken run() {
    constexpr int kSteps = 120;
    for (int step = 0; step < kSteps; ++step) {
      const std::size_t who = random_.below(writers_.size());
      receive(who);
      for (std::uint64_t edits = 1 + random_.below(6); edits > 0; --edits) writers_[who]->edit();
      for (Change& change : writers_[who]->take_made()) send(who, std::move(change));
      if (random_.below(8) == 0) local_look();
      fast_.expect_equal(general_);
      if (testing::Test::HasFailure()) break;
    }
    return taken_;
  }

  // Loads the state whole, where many structs come at once, and half of it first.
  void expect_loads_alike() {
    Doc& source = general_.doc();
    if (source.pending_bytes() > 0) return;
    const Bytes v1 = source.encode_state_as_update();
    const Bytes v2 = source.encode_state_as_update_v2();
    // What a writer knows: a vector made up could end inside a surrogate pair, whose halves the
    // update would carry as replacement characters, here as in Yjs.
    const Bytes rest = source.encode_state_as_update(writers_[0]->state_vector());
    for (const Bytes* const state : {&v1, &v2}) {
      Doc loaded(DocOptions{.client_id = ClientId{99}, .gc = gc_});
      EXPECT_TRUE(loaded.apply_update(*state).has_value());
      EXPECT_EQ(loaded.encode_state_as_update(), v1);
      EXPECT_EQ(loaded.encode_state_as_update_v2(), v2);
      EXPECT_TRUE(loaded.apply_update(rest).has_value());
      EXPECT_EQ(loaded.encode_state_as_update(), v1);
    }
  }

 private:
  void receive(std::size_t who) {
    for (std::uint64_t count = random_.below(inboxes_[who].size() + 1); count > 0; --count) {
      writers_[who]->receive(inboxes_[who].front());
      inboxes_[who].pop_front();
    }
  }

  void send(std::size_t who, Change change) {
    for (std::size_t i = 0; i < inboxes_.size(); ++i) {
      if (i != who) inboxes_[i].push_back(change);
    }
    // Now and then one comes late, so that what follows it waits, or twice.
    if (random_.below(40) == 0) {
      late_.push_back(std::move(change));
      return;
    }
    deliver(change);
    if (random_.below(30) == 0) deliver(change);
    if (!late_.empty() && random_.below(4) == 0) {
      deliver(late_.front());
      late_.erase(late_.begin());
    }
  }

  void deliver(const Change& change) {
    const Bytes& update = format_ == UpdateFormat::V1 ? change.v1 : change.v2;
    const bool is_fast = would_be_fast(change);
    ++(is_fast ? taken_.fast : taken_.general);
    fast_.apply(update);
    general_.apply_in_general(update);
  }

  // On a document of its own, which nothing else may happen to.
  bool would_be_fast(const Change& change) {
    const bool waits = probe_.pending_bytes() > 0;
    FastPath path(probe_.store(), {.gc = true, .own_client = ClientId{99}});
    const Bytes& update = format_ == UpdateFormat::V1 ? change.v1 : change.v2;
    const bool is_fast = !waits && path.apply(update, format_);
    if (!is_fast) {
      EXPECT_TRUE(probe_.apply_update(update).has_value());
    }
    return is_fast;
  }

  // Reading by index builds what the fast paths must keep up to date.
  void local_look() {
    for (Receiver* const one : {&fast_, &general_}) {
      const Text text = one->doc().get_text("text");
      if (text.length() > 0) text.delete_text(text.length() / 2, 1);
    }
  }

  SeededRandom random_;
  UpdateFormat format_;
  bool gc_;
  Receiver fast_;
  Receiver general_;
  Doc probe_;
  std::vector<std::unique_ptr<Writer>> writers_;
  std::vector<std::deque<Change>> inboxes_;
  std::vector<Change> late_;
  Taken taken_;
};

class FastPaths : public testing::TestWithParam<UpdateFormat> {};

// What arrives update by update, and what is loaded at once with its shortcuts to the blocks that
// have just come.
TEST_P(FastPaths, EndWhereLoadingTheStateEnds) {
  for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Comparison comparison(seed + kSeeds, GetParam());
    (void)comparison.run();
    comparison.expect_loads_alike();
    if (HasFailure()) return;
  }
}

TEST_P(FastPaths, LeaveADocumentAsTheGeneralPathDoes) {
  Taken total;
  for (std::uint64_t seed = kFirstSeed; seed < kFirstSeed + kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Taken taken = Comparison(seed, GetParam()).run();
    total.fast += taken.fast;
    total.general += taken.general;
    if (HasFailure()) return;
  }
  // Both were put to the test.
  RecordProperty("fast", std::to_string(total.fast));
  RecordProperty("general", std::to_string(total.general));
  EXPECT_GT(total.fast, total.general / 4);
  EXPECT_GT(total.general, total.fast / 100);
}

// Every byte of an update that a fast path takes matters: changed, the update is either taken with
// the effect that the general path gives it, or left to that.
TEST_P(FastPaths, TakeNoBytesThatTheGeneralPathReadsOtherwise) {
  SeededRandom random(kFirstSeed);
  Writer writer(70'000, random);
  std::vector<Change> changes;
  while (changes.size() < 40) {
    writer.edit();
    for (Change& change : writer.take_made()) changes.push_back(std::move(change));
  }
  Doc before;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Bytes& update = GetParam() == UpdateFormat::V1 ? changes[i].v1 : changes[i].v2;
    const Bytes state = before.encode_state_as_update();
    for (std::size_t at = 0; at < update.size(); ++at) {
      for (const unsigned flip : {1U, 0x40U, 0x80U, 0xFFU}) {
        Bytes changed = update;
        changed[at] ^= static_cast<std::uint8_t>(flip);
        Receiver fast(true);
        Receiver general(true);
        fast.apply(state);
        general.apply_in_general(state);
        bool taken = false;
        bool taken_in_general = false;
        const auto apply = [&](Doc& doc) {
          return (GetParam() == UpdateFormat::V1 ? doc.apply_update_v1(changed)
                                                 : doc.apply_update_v2(changed))
              .has_value();
        };
        taken = apply(fast.doc());
        general.doc().transact([&](Transaction&) { taken_in_general = apply(general.doc()); });
        ASSERT_EQ(taken, taken_in_general) << "change " << i << ", byte " << at;
        fast.expect_equal(general);
        ASSERT_FALSE(HasFailure()) << "change " << i << ", byte " << at << ", flip " << flip;
      }
    }
    ASSERT_TRUE(before.apply_update(update).has_value());
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, FastPaths, testing::Values(UpdateFormat::V1, UpdateFormat::V2),
                         [](const testing::TestParamInfo<UpdateFormat>& format) {
                           return format.param == UpdateFormat::V1 ? "V1" : "V2";
                         });

// Texts that outgrow their place are copied; what they leave behind must not add up.
TEST(FastPath, LongTextsThatGrowSideBySideTakeMemoryInProportionToTheirLength) {
  constexpr std::size_t kPieces = 1500;
  constexpr std::size_t kPieceBytes = 400;
  Doc document;
  std::array<std::unique_ptr<Doc>, 2> writers;
  for (std::size_t i = 0; i < writers.size(); ++i) {
    writers.at(i) = std::make_unique<Doc>(DocOptions{.client_id = ClientId{i + 1}});
    writers.at(i)->on_update(
        [&](const UpdateEvent& event) { EXPECT_TRUE(document.apply_update_v1(event.update)); });
  }
  std::size_t most = 0;
  for (std::size_t piece = 0; piece < kPieces; ++piece) {
    for (std::size_t i = 0; i < writers.size(); ++i) {
      const Text text = writers.at(i)->get_text(i == 0 ? "a" : "b");
      text.insert(text.length(), std::string(kPieceBytes, static_cast<char>('a' + piece % 26)));
    }
    most = std::max(most, document.memory_bytes());
  }
  const std::size_t written = kPieces * kPieceBytes * writers.size();
  EXPECT_EQ(document.get_text("a").length(), kPieces * kPieceBytes);
  EXPECT_LT(most, 4 * written);
}

}  // namespace
}  // namespace ycpp
