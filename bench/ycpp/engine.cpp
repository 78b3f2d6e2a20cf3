// Rows of the engine benchmark. Prints one line for each: name, CPU milliseconds (or bytes), and a
// number that the other engines must agree on.
//
//   ycpp_bench DATA [--only PREFIX|ROW$] [--once] [--x100]
#include "base/check.h"
#include "ycpp/doc/doc.h"
#include "ycpp/types/roots.h"
#include "ycpp/update/diff.h"
#include "ycpp/update/merge.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using ycpp::Bytes;
using ycpp::ByteView;
using ycpp::Doc;

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  constexpr std::size_t kPage = 4096;
  return resident * kPage;
}

std::uint32_t read_u32(const std::uint8_t* at) {
  std::uint32_t value = 0;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

// The updates of a YLU1 file, as views into it.
struct Updates {
  Bytes file;
  std::vector<ByteView> each;
};

// One operation of a YOP1 file.
struct Operation {
  std::uint8_t op{0};
  std::uint32_t index{0};
  std::uint32_t count{0};
  std::string_view text;
};

class Bench {
 public:
  Bench(std::string data, std::string only, bool once)
      : data_(std::move(data)), only_(std::move(only)), once_(once) {}

  [[nodiscard]] Bytes load(const std::string& name) const {
    std::ifstream file(data_ + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  [[nodiscard]] Updates load_updates(const std::string& name) const {
    Updates updates{load(name), {}};
    for (std::size_t at = 8; at + 4 <= updates.file.size();) {
      const std::uint32_t length = read_u32(updates.file.data() + at);
      updates.each.emplace_back(updates.file.data() + at + 4, length);
      at += 4 + length;
    }
    return updates;
  }

  // `--only` is the beginning of a row's name, or all of it and a dollar sign.
  [[nodiscard]] bool wants(std::string_view row) const {
    if (only_.ends_with('$')) return row == std::string_view(only_).substr(0, only_.size() - 1);
    return row.starts_with(only_);
  }

  // Runs a row often enough to be measured and prints its best time. The row returns what the other
  // engines must agree on. instructions.sh counts what happens in here, so it stays a function.
  [[gnu::noinline]] void time(const std::string& row, int repeats,
                              const std::function<std::size_t()>& run) const {
    if (!wants(row)) return;
    double best = 1e18;
    std::size_t answer = 0;
    for (int i = 0; i < (once_ ? 1 : repeats); ++i) {
      const double start = cpu_ms();
      answer = run();
      best = std::min(best, cpu_ms() - start);
    }
    std::printf("%s %.3f %zu\n", row.c_str(), best, answer);
    std::fflush(stdout);
  }

 private:
  std::string data_;
  std::string only_;
  bool once_;
};

void apply_one(Doc& doc, ByteView update) { RUNNEL_CHECK(doc.apply_update(update).has_value()); }

void apply_all(Doc& doc, const Updates& updates) {
  for (const ByteView update : updates.each) apply_one(doc, update);
}

std::size_t visible_units(Doc& doc) {
  return static_cast<std::size_t>(doc.get_text("text").length());
}

// Adds up the bytes of the document's update events.
void count_sent(Doc& doc, ycpp::UpdateFormat format, std::size_t& sent) {
  const auto count = [&sent](const ycpp::UpdateEvent& event) { sent += event.update.size(); };
  if (format == ycpp::UpdateFormat::V1) {
    doc.on_update(count);
  } else {
    doc.on_update_v2(count);
  }
}

void replay(Doc& doc, const Bytes& file) {
  const ycpp::Text text = doc.get_text("text");
  std::size_t at = 8;
  for (std::uint32_t left = read_u32(file.data() + 4); left > 0; --left) {
    const Operation operation{
        file[at], read_u32(file.data() + at + 1), read_u32(file.data() + at + 5), {}};
    constexpr std::size_t kHead = 9;
    at += kHead;
    if (operation.op == 0) {
      text.insert(operation.index, runnel::as_text({file.data() + at, operation.count}));
      at += operation.count;
    } else if (operation.op == 1) {
      text.delete_text(operation.index, operation.count);
    }
  }
}

// The rows of single updates; `suffix` names the format.
void run_b4_updates(const Bench& bench, ycpp::UpdateFormat format, const std::string& suffix) {
  const bool is_v2 = format == ycpp::UpdateFormat::V2;
  const Updates updates = bench.load_updates(is_v2 ? "b4.v2.ylu" : "b4.v1.ylu");
  bench.time("b4.apply" + suffix, 5, [&] {
    Doc doc;
    apply_all(doc, updates);
    return visible_units(doc);
  });
  bench.time("b4.apply_emit" + suffix, 5, [&] {
    Doc doc;
    std::size_t sent = 0;
    count_sent(doc, format, sent);
    apply_all(doc, updates);
    return sent;
  });
  bench.time("b4.merge_500" + suffix, 3, [&] {
    std::size_t merged = 0;
    constexpr std::size_t kBatch = 500;
    for (std::size_t i = 0; i < updates.each.size(); i += kBatch) {
      const std::size_t count = std::min(kBatch, updates.each.size() - i);
      merged += ycpp::merge_updates(std::span(updates.each).subspan(i, count), format)->size();
    }
    return merged;
  });
  bench.time("b4.merge_all" + suffix, 3,
             [&] { return ycpp::merge_updates(updates.each, format)->size(); });
  bench.time("b4.merge_23000" + suffix, 3, [&] {
    constexpr std::size_t kCount = 23'000;
    return ycpp::merge_updates(std::span(updates.each).first(kCount), format)->size();
  });
}

void run_b4_local(const Bench& bench, ycpp::UpdateFormat format, const std::string& suffix) {
  const Bytes operations = bench.load("b4.yop");
  bench.time("b4.local_emit" + suffix, 1, [&] {
    Doc doc(ycpp::DocOptions{.client_id = ycpp::ClientId{3775594289}});
    std::size_t sent = 0;
    count_sent(doc, format, sent);
    replay(doc, operations);
    return visible_units(doc);
  });
}

void run_b4_state(const Bench& bench) {
  const Bytes v1 = bench.load("b4.state.v1.bin");
  const Bytes v2 = bench.load("b4.state.v2.bin");
  constexpr int kRepeats = 50;
  const auto parse = [](const Bytes& state) {
    Doc doc;
    apply_one(doc, state);
    return visible_units(doc);
  };
  bench.time("b4.parse_v1", kRepeats, [&] { return parse(v1); });
  bench.time("b4.parse_v2", kRepeats, [&] { return parse(v2); });
  Doc doc;
  apply_one(doc, v1);
  const ycpp::StateVector all = doc.state_vector();
  const ycpp::StateVector half = ycpp::StateVector::from_entries(
      {{all.entries().front().client, all.entries().front().clock / 2}});
  bench.time("b4.encode_v1", kRepeats, [&] { return doc.encode_state_as_update().size(); });
  bench.time("b4.encode_v2", kRepeats, [&] { return doc.encode_state_as_update_v2().size(); });
  bench.time("b4.diff", kRepeats, [&] { return doc.encode_state_as_update(half).size(); });
  bench.time("b4.diff_v2", kRepeats, [&] { return doc.encode_state_as_update_v2(half).size(); });
  bench.time("b4.diff_bytes", kRepeats, [&] { return ycpp::diff_update(v1, half)->size(); });
  bench.time("b4.diff_bytes_v2", kRepeats,
             [&] { return ycpp::diff_update(v2, half, ycpp::UpdateFormat::V2)->size(); });
  if (bench.wants("b4.memory")) {
    constexpr std::size_t kDocs = 100;
    std::vector<std::unique_ptr<Doc>> docs;
    const std::size_t before = resident_bytes();
    for (std::size_t i = 0; i < kDocs; ++i) {
      docs.push_back(std::make_unique<Doc>());
      apply_one(*docs.back(), v1);
    }
    std::printf("b4.memory %zu %zu\n", (resident_bytes() - before) / kDocs,
                docs.back()->memory_bytes());
  }
}

void run_small(const Bench& bench) {
  constexpr std::array kNames{"b1.1", "b1.2", "b1.3",  "b1.4",  "b1.5", "b1.6", "b1.7",
                              "b1.8", "b1.9", "b1.10", "b1.11", "b2.1", "b2.2", "b2.3",
                              "b2.4", "b3.1", "b3.2",  "b3.3",  "b3.4", "b3.5"};
  for (const char* const name : kNames) {
    if (!bench.wants(name)) continue;
    const Updates updates = bench.load_updates(std::string(name) + ".v1.ylu");
    bench.time(name, 5, [&] {
      Doc doc;
      apply_all(doc, updates);
      return doc.encode_state_as_update().size();
    });
  }
}

// The B4 trace typed a hundred times over, each time in front of what is there.
void run_x100(const Bench& bench) {
  const Bytes operations = bench.load("b4.yop");
  constexpr int kTimes = 100;
  Bytes state;
  Bytes state_v2;
  const auto type_it = [&] {
    Doc doc(ycpp::DocOptions{.client_id = ycpp::ClientId{3775594289}});
    for (int i = 0; i < kTimes; ++i) replay(doc, operations);
    state = doc.encode_state_as_update();
    state_v2 = doc.encode_state_as_update_v2();
    return visible_units(doc);
  };
  bench.time("b4x100.local", 1, type_it);
  const bool is_loaded = bench.wants("b4x100.parse_v1") || bench.wants("b4x100.parse_v2");
  if (is_loaded && state.empty()) type_it();
  const auto parse = [](const Bytes& update) {
    Doc doc;
    apply_one(doc, update);
    return visible_units(doc);
  };
  bench.time("b4x100.parse_v1", 3, [&] { return parse(state); });
  bench.time("b4x100.parse_v2", 3, [&] { return parse(state_v2); });
}

}  // namespace

int main(int argc, char** argv) {
  std::string only;
  bool once = false;
  bool x100 = false;
  for (int i = 2; i < argc; ++i) {
    const std::string_view argument = argv[i];
    once = once || argument == "--once";
    x100 = x100 || argument == "--x100";
    if (argument == "--only" && i + 1 < argc) only = argv[++i];
  }
  if (argc < 2) {
    std::fputs("usage: ycpp_bench DATA [--only PREFIX] [--once] [--x100]\n", stderr);
    return 2;
  }
  const Bench bench(argv[1], only, once);
  run_small(bench);
  if (only.empty() || only.starts_with("b4")) {
    run_b4_state(bench);
    run_b4_updates(bench, ycpp::UpdateFormat::V1, "");
    run_b4_updates(bench, ycpp::UpdateFormat::V2, "_v2");
    run_b4_local(bench, ycpp::UpdateFormat::V1, "");
    run_b4_local(bench, ycpp::UpdateFormat::V2, "_v2");
  }
  if (x100) run_x100(bench);
}
