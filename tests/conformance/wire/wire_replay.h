// Compares what ycpp does to updates without a document with what Yjs did, over one history that
// generate.mjs wrote.
#pragma once

#include "ycpp/encoding/any.h"

#include <cstddef>
#include <string>
#include <vector>

namespace ycpp::conformance {

struct WireReport {
  std::size_t comparisons{0};
  std::vector<std::string> failures;  // what differs, in which step, both in hexadecimal
};

// Merges, differences, state vectors, conversions, obfuscation and meta of every step of kind
// "wire", and the recognition of every update's format.
[[nodiscard]] WireReport replay_wire_steps(const Any& history);

}  // namespace ycpp::conformance
