// Copies of shared types. Engine internal.
#pragma once

#include "ycpp/types/value.h"

namespace ycpp::edit {

[[nodiscard]] NewType clone_type(Doc& doc, TypeIndex type);

}  // namespace ycpp::edit
