#include "history_file.h"

#include "ycpp/encoding/byte_reader.h"

#include <fstream>
#include <iterator>
#include <utility>

namespace ycpp::conformance {

std::vector<Any> read_histories(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  const std::string content{std::istreambuf_iterator<char>{file}, {}};
  ByteReader input{runnel::as_bytes(content)};
  std::vector<Any> histories;
  while (!input.at_end()) {
    std::uint64_t length = 0;
    for (const unsigned shift : {0U, 8U, 16U, 24U}) length |= std::uint64_t{input.u8()} << shift;
    ByteReader history{input.bytes(length)};
    Any value = read_any(history);
    if (!input.ok() || !history.ok() || !history.at_end()) return {};
    histories.push_back(std::move(value));
  }
  return histories;
}

const Any& field(const Any& object, std::string_view name) {
  // Never destroyed, so that it outlives whoever looks at it.
  static const Any& nothing = *new Any;  // NOLINT(cppcoreguidelines-owning-memory)
  const AnyObject* members = object.as_object();
  const Any* found = members == nullptr ? nullptr : members->find(name);
  return found == nullptr ? nothing : *found;
}

ByteView bytes_of(const Any& object, std::string_view name) {
  const Bytes* bytes = field(object, name).as_bytes();
  return bytes == nullptr ? ByteView{} : ByteView{*bytes};
}

std::uint64_t number_of(const Any& value) {
  const double* number = value.as_number();
  return number == nullptr ? 0 : static_cast<std::uint64_t>(*number);
}

}  // namespace ycpp::conformance
