#include "base/read_stream.h"

#include <array>
#include <cstddef>

namespace runnel {

Result<std::string> read_stream(std::istream& stream, const std::string& name) {
  constexpr std::size_t kBlockBytes = 1U << 16U;
  std::string content;
  std::array<char, kBlockBytes> block{};
  while (stream.good()) {
    stream.read(block.data(), block.size());
    content.append(block.data(), static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad() || !stream.eof()) return fail(Errc::Unavailable, name + ": cannot be read");
  return content;
}

}  // namespace runnel
