// An update for a person to read: one line for each struct and each deleted range.
#pragma once

#include "ycpp/delete_set.h"

#include <string>

namespace ycpp {

// Lines such as
//   7:12+3 String "abc" after 7:11 before 9:0
//   7:15+1 Any [1] in root "map" key "a"
//   deleted 7:3+2
// an id being client:clock and +n the length in units. Long content is cut.
[[nodiscard]] Result<std::string> inspect_update(ByteView update,
                                                 UpdateFormat format = UpdateFormat::V1);

}  // namespace ycpp
