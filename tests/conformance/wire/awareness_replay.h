// Replays an awareness history that awareness.mjs wrote and compares every step with y-protocols.
#pragma once

#include "ycpp/encoding/any.h"

#include <string>
#include <vector>

namespace ycpp::conformance {

// What differs, with the seed and the step; empty when nothing does.
[[nodiscard]] std::vector<std::string> replay_awareness(const Any& history);

}  // namespace ycpp::conformance
