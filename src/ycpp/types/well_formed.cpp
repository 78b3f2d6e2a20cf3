#include "ycpp/types/well_formed.h"

#include "ycpp/encoding/utf.h"

namespace ycpp::edit {

std::string well_formed(std::string_view text) {
  std::string result;
  while (true) {
    const TextShape shape = measure_utf8(text);
    if (shape.valid) return result.append(text);
    result.append(text.substr(0, shape.error_byte));
    result.append("\xEF\xBF\xBD");
    text.remove_prefix(shape.error_byte + 1);
    // Bytes that only continue a broken character do not count again.
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0U) == 0x80U) {
      text.remove_prefix(1);
    }
  }
}

}  // namespace ycpp::edit
