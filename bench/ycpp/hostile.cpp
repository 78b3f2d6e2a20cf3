// Inputs that are made to be slow: what a hostile client could send. Each is run at a size and at
// twice that, so that what is not linear shows.
//
//   ycpp_hostile [--only PREFIX] [--scale N]
//
// Prints for each: units at n, bytes, CPU milliseconds at n and 2n and their ratio, the most memory
// that was allocated at 2n as a multiple of the input, and what a refused input was refused with.
#include "ycpp/doc/doc.h"
#include "ycpp/encoding/section_writer.h"
#include "ycpp/update/merge.h"
#include <malloc.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <new>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace {

std::size_t live_bytes = 0;
std::size_t peak_bytes = 0;

}  // namespace

void* operator new(std::size_t size) {
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  live_bytes += malloc_usable_size(memory);
  peak_bytes = std::max(peak_bytes, live_bytes);
  return memory;
}

void operator delete(void* memory) noexcept {
  if (memory != nullptr) live_bytes -= malloc_usable_size(memory);
  std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept { operator delete(memory); }

namespace {

using namespace ycpp;

using Updates = std::vector<Bytes>;

Id id(std::uint64_t client, Clock clock) { return {ClientId{client}, clock}; }

// Writes structs; every item says what it is, and the rest has defaults.
class UpdateMaker {
 public:
  RawStruct& item(Id at, BlockKind kind) {
    flush();
    raw_ = RawStruct{};
    raw_.id = at;
    raw_.info = static_cast<std::uint8_t>(kind);
    raw_.content.kind = kind;
    raw_.content.length = 1;
    raw_.content.ascii = true;
    raw_.content.text = kind == BlockKind::String ? "x" : "k";
    raw_.content.type = TypeKind::Text;
    raw_.content.values = values_of(kind);
    raw_.parent_kind = ParentKind::Root;
    raw_.parent_root = "t";
    is_waiting_ = true;
    return raw_;
  }

  RawStruct& text(Id at) { return item(at, BlockKind::String); }

  void after(Id origin) {
    raw_.info |= kInfoOrigin;
    raw_.origin = origin;
    raw_.parent_kind = ParentKind::Neighbour;
  }

  void before(Id origin) {
    raw_.info |= kInfoRightOrigin;
    raw_.right_origin = origin;
    raw_.parent_kind = ParentKind::Neighbour;
  }

  void inside(Id parent) {
    raw_.parent_kind = ParentKind::Item;
    raw_.parent_item = parent;
  }

  void key(std::string_view key) {
    raw_.info |= kInfoParentSub;
    raw_.has_parent_sub = true;
    raw_.parent_sub = key;
  }

  Bytes finish(std::vector<DeleteSet::Range> deletes = {}) {
    flush();
    writer_.finish_structs();
    DeleteSet::from_ranges(std::move(deletes)).write(writer_.encoder().rest(), UpdateFormat::V1);
    return writer_.finish();
  }

 private:
  void flush() {
    if (is_waiting_) writer_.write(raw_);
    is_waiting_ = false;
  }

  static ByteView values_of(BlockKind kind) {
    static constexpr std::uint8_t kJsonTrue[] = {'t', 'r', 'u', 'e'};
    static constexpr std::uint8_t kAnyTrue[] = {120};
    static constexpr std::uint8_t kAnyObject[] = {118, 0};
    if (kind == BlockKind::Doc) return kAnyObject;
    return kind == BlockKind::Any ? ByteView(kAnyTrue) : ByteView(kJsonTrue);
  }

  SectionWriter<UpdateEncoderV1> writer_;
  RawStruct raw_;
  bool is_waiting_{false};
};

Bytes one_text(Id at, std::string_view text) {
  UpdateMaker maker;
  RawStruct& raw = maker.text(at);
  raw.content.text = text;
  raw.content.length = text.size();
  return maker.finish();
}

// Clients that all insert at the start, each with a higher id than the one before.
Updates conflict_storm(std::size_t n) {
  Updates updates;
  for (std::size_t i = 0; i < n; ++i) updates.push_back(one_text(id(i + 1, 0), "x"));
  return updates;
}

// One client whose items all follow the same unit, each before another right neighbour.
Updates conflict_chain(std::size_t n) {
  UpdateMaker maker;
  for (std::size_t i = 0; i < n; ++i) {
    maker.text(id(1, i));
    if (i > 0) maker.after(id(1, i - 1));
  }
  for (std::size_t i = 0; i < n; ++i) {
    maker.text(id(2, i));
    maker.before(id(1, i));
  }
  return {maker.finish()};
}

// Items that follow each unit of a long text without a right neighbour: each passes all that comes
// behind.
Updates conflict_tail(std::size_t n) {
  UpdateMaker maker;
  for (std::size_t i = 0; i < n; ++i) {
    maker.text(id(2, i));
    maker.after(id(1, (i * 7919) % n));
  }
  return {one_text(id(1, 0), std::string(n, 'x')), maker.finish()};
}

// The same key, set by clients that do not know of one another.
Updates key_storm(std::size_t n) {
  Updates updates;
  for (std::size_t i = 0; i < n; ++i) {
    UpdateMaker maker;
    maker.item(id(n - i, 0), BlockKind::Any);
    maker.key("k");
    updates.push_back(maker.finish());
  }
  return updates;
}

Updates nested_types(std::size_t n) {
  UpdateMaker maker;
  for (std::size_t i = 0; i < n; ++i) {
    maker.item(id(1, i), BlockKind::Type);
    if (i > 0) maker.inside(id(1, i - 1));
  }
  return {maker.finish(), UpdateMaker().finish({{ClientId{1}, {0, 1}}})};
}

// Structs that no document joins.
Updates tiny_structs(std::size_t n) {
  UpdateMaker maker;
  for (std::size_t i = 0; i < n; ++i) {
    maker.item(id(1, i), BlockKind::Embed);
    if (i > 0) maker.after(id(1, i - 1));
  }
  return {maker.finish()};
}

Updates one_struct_each(std::size_t n) {
  Updates updates;
  for (std::size_t i = 0; i < n; ++i) {
    UpdateMaker maker;
    maker.item(id(1, i), BlockKind::Embed);
    if (i > 0) maker.after(id(1, i - 1));
    updates.push_back(maker.finish());
  }
  return updates;
}

// Every unit of a long text is cut from the next, out of order; then it comes again.
Updates cuts(std::size_t n) {
  const std::string text(n, 'x');
  UpdateMaker maker;
  for (std::size_t i = 0; i < n; ++i) {
    maker.text(id(2, i));
    const Clock at = (i * 7919) % (n - 1);
    maker.after(id(1, at));
    maker.before(id(1, at + 1));
  }
  const Bytes cut = maker.finish();
  return {one_text(id(1, 0), text), cut, cut};
}

Updates huge_clocks(std::size_t n) {
  UpdateMaker maker;
  maker.item(id(1, 0), BlockKind::Gc).content.length = Clock{1} << 52U;
  for (std::size_t i = 0; i < n; ++i) {
    maker.item(id(1, (Clock{1} << 52U) + i * 1'000'000), BlockKind::Deleted).content.length =
        1'000'000;
  }
  return {maker.finish()};
}

Updates many_clients(std::size_t n) {
  UpdateMaker maker;
  for (std::size_t i = 0; i < n; ++i) {
    maker.text(id(n - i, 0));
  }
  return {maker.finish()};
}

Updates many_roots(std::size_t n) {
  UpdateMaker maker;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < n; ++i) names.push_back("root " + std::to_string(i));
  for (std::size_t i = 0; i < n; ++i) maker.item(id(1, i), BlockKind::Embed).parent_root = names[i];
  return {maker.finish()};
}

Updates delete_ranges(std::size_t n) {
  std::vector<DeleteSet::Range> ranges;
  for (std::size_t i = 0; i < n; ++i) ranges.push_back({ClientId{1}, {2 * i, 1}});
  return {one_text(id(1, 0), std::string(2 * n, 'x')), UpdateMaker().finish(std::move(ranges))};
}

Updates pending_deletes(std::size_t n) {
  std::vector<DeleteSet::Range> ranges;
  for (std::size_t i = 0; i < n; ++i) ranges.push_back({ClientId{i + 1}, {i % 7, 1}});
  return {UpdateMaker().finish(std::move(ranges))};
}

// One update whose structs all wait, each of a client of its own.
Updates pending_clients(std::size_t n) {
  UpdateMaker maker;
  for (std::size_t i = 0; i < n; ++i) {
    maker.text(id(n - i, 0));
    maker.after(id(1'000'000'000, 0));
  }
  return {maker.finish(), one_text(id(1'000'000'000, 0), "x")};
}

Updates pending_one_by_one(std::size_t n) {
  Updates updates;
  for (std::size_t i = 0; i < n; ++i) {
    UpdateMaker maker;
    maker.text(id(1, n - i));
    maker.after(id(1, n - i - 1));
    updates.push_back(maker.finish());
  }
  updates.push_back(one_text(id(1, 0), "x"));
  return updates;
}

// The same units again and again, while they wait.
Updates pending_overlaps(std::size_t n) {
  Updates updates;
  for (std::size_t i = 0; i < n; ++i) updates.push_back(one_text(id(1, 1 + i), "xxxx"));
  return updates;
}

// Structs that each wait for the next client, which comes last.
Updates dependency_chain(std::size_t n) {
  UpdateMaker maker;
  for (std::size_t i = n; i > 0; --i) {
    maker.text(id(i, 0));
    if (i > 1) maker.after(id(i - 1, 0));
  }
  return {maker.finish()};
}

// Formats of one text, in one update and then one by one.
void make_formats(UpdateMaker& maker, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    maker.item(id(1, i + 1), BlockKind::Format).content.text = i % 2 == 0 ? "bold" : "italic";
    if (i == 0) {
      maker.inside(id(1, 0));
    } else {
      maker.after(id(1, i));
    }
  }
}

Updates format_chain(std::size_t n) {
  UpdateMaker maker;
  maker.item(id(1, 0), BlockKind::Type);
  make_formats(maker, 0, n);
  std::vector<DeleteSet::Range> ranges;
  for (std::size_t i = 0; i < n / 2; ++i) ranges.push_back({ClientId{1}, {2 * i + 1, 1}});
  return {maker.finish(), UpdateMaker().finish(std::move(ranges))};
}

Updates formats_one_by_one(std::size_t n) {
  Updates updates;
  UpdateMaker type;
  type.item(id(1, 0), BlockKind::Type);
  updates.push_back(type.finish());
  for (std::size_t i = 0; i < n; ++i) {
    UpdateMaker maker;
    make_formats(maker, i, i + 1);
    updates.push_back(maker.finish());
  }
  return updates;
}

// Deleted units in one gap of a formatted text.
Updates format_gap(std::size_t n) {
  UpdateMaker maker;
  maker.item(id(1, 0), BlockKind::Type);
  make_formats(maker, 0, 1);
  for (std::size_t i = 0; i < n; ++i) {
    maker.item(id(1, i + 2), BlockKind::Embed);
    maker.after(id(1, i + 1));
  }
  std::vector<DeleteSet::Range> ranges{{ClientId{1}, {2, n}}};
  return {maker.finish(), UpdateMaker().finish(std::move(ranges))};
}

Updates formatted_texts(std::size_t n) {
  UpdateMaker maker;
  for (std::size_t i = 0; i < n; ++i) {
    maker.item(id(1, 2 * i), BlockKind::Type);
    maker.item(id(1, 2 * i + 1), BlockKind::Format);
    maker.inside(id(1, 2 * i));
  }
  return {maker.finish()};
}

Updates subdocuments(std::size_t n) {
  UpdateMaker maker;
  for (std::size_t i = 0; i < n; ++i) {
    maker.item(id(1, i), BlockKind::Doc);
    if (i > 0) maker.after(id(1, i - 1));
  }
  return {maker.finish({{ClientId{1}, {0, n}}})};
}

// A document with many clients, and updates that are refused behind a client that nobody knows.
Updates refused(std::size_t n) {
  Updates updates = many_clients(n);
  for (std::size_t i = 0; i < n; ++i) {
    Bytes broken = one_text(id(1'000'000'000 + i, 0), "xx");
    broken.resize(broken.size() - 2);
    updates.push_back(std::move(broken));
  }
  return updates;
}

double cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Measured {
  double ms{0};
  std::size_t input_bytes{0};
  std::size_t peak_bytes{0};
  std::string refused;
};

// Applies the updates, and then does what a server does for a newcomer.
Measured apply_all(const Updates& updates) {
  Measured measured;
  for (const Bytes& update : updates) measured.input_bytes += update.size();
  const std::size_t before = live_bytes;
  peak_bytes = live_bytes;
  const double start = cpu_ms();
  {
    Doc doc(DocOptions{.client_id = ClientId{kMaxSafeInteger}});
    for (const Bytes& update : updates) {
      const Result<void> applied = doc.apply_update(update);
      if (!applied && applied.error().code != Errc::Malformed)
        measured.refused = applied.error().detail;
    }
    std::ignore = doc.encode_state_as_update(doc.state_vector());
    std::ignore = doc.encode_state_as_update();
  }
  measured.ms = cpu_ms() - start;
  measured.peak_bytes = peak_bytes - before;
  return measured;
}

Measured merge_all(const Updates& updates) {
  Measured measured;
  for (const Bytes& update : updates) measured.input_bytes += update.size();
  const std::vector<ByteView> views(updates.begin(), updates.end());
  const std::size_t before = live_bytes;
  peak_bytes = live_bytes;
  const double start = cpu_ms();
  std::ignore = merge_updates(views);
  measured.ms = cpu_ms() - start;
  measured.peak_bytes = peak_bytes - before;
  return measured;
}

Measured read_state_vector(const Updates& updates) {
  Doc doc;
  std::ignore = doc.apply_update(one_text(id(1, 0), "x"));
  Measured measured;
  measured.input_bytes = updates.front().size();
  const std::size_t before = live_bytes;
  peak_bytes = live_bytes;
  const double start = cpu_ms();
  const Result<StateVector> vector = StateVector::decode(updates.front());
  if (vector) std::ignore = doc.encode_state_as_update(*vector);
  measured.ms = cpu_ms() - start;
  measured.peak_bytes = peak_bytes - before;
  return measured;
}

Updates state_vector(std::size_t n) {
  ByteWriter writer;
  writer.var_uint(n);
  for (std::size_t i = 0; i < n; ++i) {
    writer.var_uint((i * 7919) % 1'000'003);
    writer.var_uint(i + 1);
  }
  return {writer.to_bytes()};
}

struct Row {
  const char* name;
  std::size_t units;
  Updates (*make)(std::size_t);
  Measured (*run)(const Updates&) = apply_all;
};

constexpr Row kRows[] = {
    {"conflict-storm", 5'000, conflict_storm},
    {"conflict-chain", 20'000, conflict_chain},
    {"conflict-tail", 20'000, conflict_tail},
    {"key-storm", 5'000, key_storm},
    {"nested-types", 500'000, nested_types},
    {"tiny-structs", 500'000, tiny_structs},
    {"one-struct-each", 500'000, one_struct_each},
    {"cuts", 100'000, cuts},
    {"huge-clocks", 500'000, huge_clocks},
    {"many-clients", 500'000, many_clients},
    {"many-roots", 500'000, many_roots},
    {"state-vector", 500'000, state_vector, read_state_vector},
    {"delete-ranges", 500'000, delete_ranges},
    {"pending-deletes", 500'000, pending_deletes},
    {"pending-clients", 500'000, pending_clients},
    {"pending-clients-few", 20'000, pending_clients},
    {"pending-one-by-one", 500'000, pending_one_by_one},
    {"pending-overlaps", 20'000, pending_overlaps},
    {"dependency-chain", 200'000, dependency_chain},
    {"format-chain", 50'000, format_chain},
    {"formats-one-by-one", 5'000, formats_one_by_one},
    {"format-gap", 10'000, format_gap},
    {"formatted-texts", 20'000, formatted_texts},
    {"subdocuments", 50'000, subdocuments},
    {"refused", 5'000, refused},
    {"merge-one-by-one", 200'000, pending_one_by_one, merge_all},
    {"merge-overlaps", 200'000, pending_overlaps, merge_all},
};

void run(const Row& row, double scale) {
  const auto units = static_cast<std::size_t>(static_cast<double>(row.units) * scale);
  const Measured once = row.run(row.make(units));
  const Measured twice = row.run(row.make(2 * units));
  std::printf("%-20s %8zu %9zu %9.1f %9.1f %6.2f %7.1f  %s\n", row.name, units, once.input_bytes,
              once.ms, twice.ms, twice.ms / std::max(once.ms, 0.001),
              static_cast<double>(twice.peak_bytes) / static_cast<double>(twice.input_bytes),
              twice.refused.c_str());
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view only;
  double scale = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view argument = argv[i];
    if (argument == "--only") only = argv[i + 1];
    if (argument == "--scale") scale = std::strtod(argv[i + 1], nullptr);
  }
  std::printf("%-20s %8s %9s %9s %9s %6s %7s  %s\n", "input", "n", "bytes", "ms at n", "ms at 2n",
              "ratio", "memory", "refused with");
  for (const Row& row : kRows) {
    if (std::string_view(row.name).starts_with(only)) run(row, scale);
  }
}
