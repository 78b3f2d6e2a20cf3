#include "frames.h"

#include "ycpp/encoding/byte_writer.h"

#include <array>
#include <cstdio>
#include <istream>

namespace ycpp::conformance {

bool read_frame(std::istream& input, Bytes& frame) {
  std::array<unsigned char, 4> header{};
  if (!input.read(reinterpret_cast<char*>(header.data()), header.size())) return false;
  std::size_t length = 0;
  for (std::size_t i = header.size(); i-- > 0;) length = length << 8U | header[i];
  frame.resize(length);
  return static_cast<bool>(
      input.read(reinterpret_cast<char*>(frame.data()), static_cast<std::streamsize>(length)));
}

void write_frame(const Any& value) {
  ByteWriter writer;
  write_any(writer, value);
  std::array<char, 4> header{};
  for (std::size_t i = 0; i < header.size(); ++i) {
    header[i] = static_cast<char>(writer.size() >> (8U * i) & 0xFFU);
  }
  std::fwrite(header.data(), 1, header.size(), stdout);
  std::fwrite(writer.view().data(), 1, writer.size(), stdout);
}

}  // namespace ycpp::conformance
