#include "ycpp/encoding/section_writer.h"

#include <utility>

namespace ycpp {

template <class Encoder>
void SectionWriter<Encoder>::open(ClientId client, Clock clock) {
  sections_.push_back({.begin = encoder_.rest().size(), .struct_count = 0});
  client_ = client;
  encoder_.write_client(client);
  encoder_.rest().var_uint(clock);
}

template <class Encoder>
void SectionWriter<Encoder>::finish_structs() {
  // A section starts with its number of structs, and all of them with the number of sections.
  const ByteWriter body = std::exchange(encoder_.rest(), ByteWriter{});
  ByteWriter& out = encoder_.rest();
  out.reserve(body.size() + (sections_.size() * 4) + 8);
  out.var_uint(sections_.size());
  for (std::size_t i = 0; i < sections_.size(); ++i) {
    const std::size_t end = i + 1 < sections_.size() ? sections_[i + 1].begin : body.size();
    out.var_uint(sections_[i].struct_count);
    out.bytes(body.view().subspan(sections_[i].begin, end - sections_[i].begin));
  }
}

template class SectionWriter<UpdateEncoderV1>;
template class SectionWriter<UpdateEncoderV2>;

}  // namespace ycpp
