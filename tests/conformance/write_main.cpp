// Histories that ycpp makes: conformance_write SEED COUNT, read by read.mjs, where Yjs applies
// them.
//
// Two ycpp documents edit and exchange some updates. Written per history: every update that they
// emitted, V1 and V2, and what a third one that received them all says of itself.
#include "base/random_source.h"
#include "frames.h"
#include "plain.h"
#include "ycpp/doc/doc.h"
#include "ycpp/types/roots.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace ycpp;  // NOLINT(google-build-using-namespace): a program about one library

struct Update {
  Bytes v1;
  Bytes v2;
};

constexpr std::array kTexts = {"a", "hello ", "\xF0\x9F\x98\x80", "\xC3\xA9\n", "xyz"};

class Writer {
 public:
  Writer(std::uint64_t seed, std::uint64_t client, bool gc, std::vector<Update>& updates)
      : random_(seed), doc_(options(client, gc)), updates_(updates) {
    doc_.on_update([this](const UpdateEvent& event) {
      if (event.local) updates_.push_back({runnel::to_bytes(event.update), {}});
    });
    doc_.on_update_v2([this](const UpdateEvent& event) {
      if (event.local) updates_.back().v2 = runnel::to_bytes(event.update);
    });
  }

  void edit() {
    doc_.transact([this](Transaction& /*transaction*/) {
      for (std::uint64_t n = 1 + random_.below(3); n > 0; --n) edit_one();
    });
  }

  [[nodiscard]] Doc& doc() noexcept { return doc_; }

 private:
  static DocOptions options(std::uint64_t client, bool gc) {
    DocOptions options;
    options.client_id = ClientId{client};
    options.gc = gc;
    return options;
  }

  std::uint64_t below(std::uint64_t end) { return end == 0 ? 0 : random_.below(end); }

  std::string text() { return kTexts[below(kTexts.size())]; }

  Content value(int depth) {
    switch (below(depth > 0 ? 9 : 7)) {
      case 0:
        return Content(static_cast<double>(below(1000)));
      case 1:
        return Content(text());
      case 2:
        return Content(BigInt{static_cast<std::int64_t>(random_.next())});
      case 3:
        return Content(Bytes{1, 2, 3});
      case 4:
        return Content(AnyArray{Any(true), Any(nullptr), Any(Undefined{}), Any(-0.0)});
      case 5:
        return Content(0.1);
      case 6:
        return Content(NewSubdocument{.guid = "inner"});
      case 7:
        return Content(new_map({{"k", value(depth - 1)}}));
      default:
        return Content(new_array({value(depth - 1)}));
    }
  }

  void edit_one() {
    switch (below(6)) {
      case 0:
        return edit_text(doc_.get_text("t"), false);
      case 1:
        return edit_text(doc_.get_text("r"), true);
      case 2:
        return edit_text(get_xml_text(doc_, "xt"), true);
      case 3:
        return edit_array(doc_.get_array("a"));
      case 4:
        return doc_.get_map("m").set(text(), value(2));
      default:
        return edit_xml(doc_.get_xml_fragment("x"));
    }
  }

  void edit_text(const Text& target, bool rich) {
    const std::uint64_t length = target.length();
    const std::uint64_t at = below(length + 1);
    AnyObject attributes;
    attributes.set(below(2) == 0 ? "bold" : "color", below(3) == 0 ? Any(nullptr) : Any("red"));
    const std::uint64_t what = below(rich ? 4 : 2);
    if (what == 0 && length > 0) return target.delete_text(at, 1 + below(4));
    if (what == 2) return target.format(at, 1 + below(5), attributes);
    if (what == 3) return target.insert(at, text(), attributes);
    target.insert(at, text());
  }

  void edit_array(const Array& target) {
    const std::uint64_t length = target.length();
    const std::uint64_t at = below(length + 1);
    if (at < length && below(3) == 0) {
      (void)target.remove(at).has_value();
    } else {
      (void)target.insert(at, {value(2), value(1)}).has_value();
    }
  }

  void edit_xml(const XmlFragment& target) {
    const std::uint64_t length = target.length();
    if (length > 0 && below(3) == 0) {
      (void)target.remove(below(length)).has_value();
      return;
    }
    (void)target
        .insert(below(length + 1),
                {new_xml_element("p", {{"id", Content(text())}}, {new_xml_text(text())})})
        .has_value();
  }

  runnel::SeededRandom random_;
  Doc doc_;
  std::vector<Update>& updates_;
};

Any history(std::uint64_t seed) {
  std::vector<Update> updates;
  runnel::SeededRandom random(seed);
  Writer first(seed * 3, 1 + random.below(1'000'000), random.below(2) == 0, updates);
  Writer second(seed * 3 + 1, 2'000'000 + random.below(1'000'000), random.below(2) == 0, updates);
  for (std::uint64_t step = 0; step < 25; ++step) {
    Writer& writer = random.below(2) == 0 ? first : second;
    if (random.below(3) > 0) {
      writer.edit();
    } else if (!updates.empty()) {
      const Bytes bytes = updates[random.below(updates.size())].v1;
      (void)writer.doc().apply_update_v1(bytes).has_value();
    }
  }
  Doc reader;
  AnyArray written;
  for (const Update& update : updates) {
    (void)reader.apply_update_v1(update.v1).has_value();
    AnyObject pair;
    pair.set("v1", update.v1);
    pair.set("v2", update.v2);
    written.emplace_back(std::move(pair));
  }
  AnyObject result;
  result.set("seed", static_cast<double>(seed));
  result.set("updates", Any(std::move(written)));
  result.set("vector", reader.encode_state_vector());
  result.set("v1", reader.encode_state_as_update());
  result.set("v2", reader.encode_state_as_update_v2());
  using conformance::plain_delta;
  using conformance::plain_json;
  AnyObject json;
  json.set("a", plain_json(reader.get_array("a")));
  json.set("m", plain_json(reader.get_map("m")));
  json.set("x", plain_json(reader.get_xml_fragment("x")));
  json.set("t", plain_delta(reader.get_text("t").to_delta()));
  json.set("r", plain_delta(reader.get_text("r").to_delta()));
  json.set("xt", plain_delta(get_xml_text(reader, "xt").to_delta()));
  result.set("json", Any(std::move(json)));
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: conformance_write SEED COUNT\n", stderr);
    return EXIT_FAILURE;
  }
  const std::uint64_t first = std::strtoull(argv[1], nullptr, 10);
  const std::uint64_t count = std::strtoull(argv[2], nullptr, 10);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    conformance::write_frame(history(seed));
  }
  return EXIT_SUCCESS;
}
