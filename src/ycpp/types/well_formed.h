// Text that an application hands in. Engine internal.
#pragma once

#include <string>
#include <string_view>

namespace ycpp::edit {

// UTF-8 as it is; of anything else each byte or half of a surrogate pair that does not belong
// becomes U+FFFD.
[[nodiscard]] std::string well_formed(std::string_view text);

}  // namespace ycpp::edit
