// Documents as JSON lines on standard input: conformance_documents NAME < LINES
//
// A line holds `updates` or `update` ([1 or 2, base64]), what Yjs 13.6 makes of them (`vector` or
// `sv`, `v1` and `v2` or `state`), and perhaps a `root`, its `type` and its `expected` content.
#include "operations.h"
#include "plain.h"
#include "ycpp/encoding/json.h"
#include "ycpp/types/roots.h"
#include "ycpp/update/merge.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace ycpp;               // NOLINT(google-build-using-namespace): a program about one
using namespace ycpp::conformance;  // NOLINT(google-build-using-namespace): library

struct Totals {
  std::size_t documents{0};
  std::size_t comparisons{0};
  std::size_t different{0};
};

Bytes from_base64(std::string_view text) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char digit : text) {
    const std::size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) break;
    bits = bits << 6U | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> static_cast<unsigned>(count)));
    }
  }
  return bytes;
}

Bytes bytes_of(const Any& line, std::string_view name) {
  return from_base64(string_field(line, name));
}

std::vector<Bytes> updates_of(const Any& line) {
  std::vector<Bytes> updates;
  if (has_field(line, "update")) {
    updates.push_back(from_base64(*array_field(line, "update")[1].as_string()));
    return updates;
  }
  for (const Any& update : array_field(line, "updates")) {
    updates.push_back(from_base64(*update.as_string()));
  }
  return updates;
}

void compare(Totals& totals, const std::string& what, const Any& expected, const Any& actual) {
  ++totals.comparisons;
  if (show(expected) == show(actual)) return;
  if (++totals.different > 5) return;
  std::printf("%s\n  Yjs:  %s\n  ycpp: %s\n", what.c_str(), show(expected).substr(0, 2000).c_str(),
              show(actual).substr(0, 2000).c_str());
}

Any content_of(Doc& doc, const std::string& root, const std::string& type) {
  if (type == "text") return plain_delta(doc.get_text(root).to_delta());
  if (type == "array") return plain_json(doc.get_array(root));
  return plain_json(doc.get_map(root));
}

void check_state(Totals& totals, const std::string& name, const Any& line, Doc& doc) {
  const Any& state = has_field(line, "state") ? field(line, "state") : line;
  const char* const vector = has_field(line, "sv") ? "sv" : "vector";
  compare(totals, name + ": state vector", Any(bytes_of(line, vector)),
          Any(doc.encode_state_vector()));
  compare(totals, name + ": state as V1", Any(bytes_of(state, "v1")),
          Any(doc.encode_state_as_update()));
  compare(totals, name + ": state as V2", Any(bytes_of(state, "v2")),
          Any(doc.encode_state_as_update_v2()));
}

void apply(Totals& totals, const std::string& name, Doc& doc, const Bytes& update) {
  const Result<void> applied = doc.apply_update(update);
  if (!applied) compare(totals, name + ": applying", Any("success"), Any(applied.error().detail));
}

void check(Totals& totals, const Any& line) {
  ++totals.documents;
  const std::string name =
      has_field(line, "id") ? string_field(line, "id") : std::to_string(number_field(line, "seed"));
  const std::vector<Bytes> updates = updates_of(line);
  Doc doc;
  for (const Bytes& update : updates) apply(totals, name, doc, update);
  check_state(totals, name, line, doc);
  if (has_field(line, "root")) {
    compare(totals, name + ": content", plain(field(line, "expected")),
            content_of(doc, string_field(line, "root"), string_field(line, "type")));
  }
  // The same from one merged update, and from the document's own state.
  const Result<Bytes> merged = merge_updates(std::vector<ByteView>(updates.begin(), updates.end()));
  compare(totals, name + ": merging", Any(true), Any(merged.has_value()));
  Doc copy;
  if (merged) apply(totals, name, copy, *merged);
  apply(totals, name, copy, doc.encode_state_as_update_v2());
  compare(totals, name + ": state vector of a copy", Any(doc.encode_state_vector()),
          Any(copy.encode_state_vector()));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "documents";
  Totals totals;
  for (std::string line; std::getline(std::cin, line);) {
    const Result<Any> parsed = parse_json(line);
    if (!parsed) {
      std::printf("a line is no JSON: %s\n", to_string(parsed.error()).c_str());
      return EXIT_FAILURE;
    }
    check(totals, *parsed);
  }
  std::printf("%s: %zu documents, %zu comparisons, %zu different\n", name.c_str(), totals.documents,
              totals.comparisons, totals.different);
  return totals.different == 0 && totals.documents > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
