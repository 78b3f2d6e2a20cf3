// runnel doc …: update files looked at, applied, merged and converted, without a server. What the
// commands do; their flags are read in command_line.cpp.
//
// Input is V1 or V2, recognised unless `from` says which; a file named "-" is standard input. Each
// function returns the exit code: 0, or 1 after one line on `err` that says what is wrong with
// which file, and at which byte.
#pragma once

#include "ycpp/delete_set.h"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace runnel::cli {

// Where bytes come from and go to where no file is named.
struct DocStreams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

struct DocInput {
  std::vector<std::string> files;
  std::optional<ycpp::UpdateFormat> from;
};

struct DocOutput {
  std::string file;                      // empty: standard output
  std::optional<ycpp::UpdateFormat> to;  // none: the format of the first input
};

// "v1" or "v2"; none for anything else.
[[nodiscard]] std::optional<ycpp::UpdateFormat> parse_update_format(const std::string& text);

enum class RootKind : std::uint8_t { Text, Array, Map, Xml };

struct DocRoot {
  std::string name;
  RootKind kind{RootKind::Text};
};

// "NAME=text", "NAME=array", "NAME=map" or "NAME=xml"; none for anything else. The name may hold
// equals signs itself.
[[nodiscard]] std::optional<DocRoot> parse_doc_root(const std::string& text);

struct DocShow {
  DocInput input;
  std::vector<DocRoot> roots;
  bool json{false};
};

struct DocApply {
  DocInput input;
  DocOutput output;
  bool gc{true};
};

struct DocMerge {
  DocInput input;
  DocOutput output;
};

struct DocDiff {
  DocInput input;            // one file
  std::string state_vector;  // file
  DocOutput output;
};

struct DocStateVector {
  DocInput input;  // one file
  DocOutput output;
};

struct DocConvert {
  DocInput input;    // one file
  DocOutput output;  // `to` is required
};

struct DocInspect {
  DocInput input;  // one file
};

// Content of the roots after applying the files in order.
[[nodiscard]] int doc_show(const DocShow& options, const DocStreams& streams);

// Full state of a document after applying the files in order.
[[nodiscard]] int doc_apply(const DocApply& options, const DocStreams& streams);

// The files merged without a document.
[[nodiscard]] int doc_merge(const DocMerge& options, const DocStreams& streams);

// What a state vector lacks of a file.
[[nodiscard]] int doc_diff(const DocDiff& options, const DocStreams& streams);

// The state vector of a file.
[[nodiscard]] int doc_state_vector(const DocStateVector& options, const DocStreams& streams);

[[nodiscard]] int doc_convert(const DocConvert& options, const DocStreams& streams);

// Structs and delete set, one line each.
[[nodiscard]] int doc_inspect(const DocInspect& options, const DocStreams& streams);

}  // namespace runnel::cli
