// SectionWriter: writes structs whose number is not known before, as merging, diffing and
// converting do. Structs of one client that follow each other without a gap share a section.
#pragma once

#include "ycpp/encoding/update_encoder.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ycpp {

template <class Encoder>
class SectionWriter {
 public:
  // Writes the struct without its first `offset` units.
  void write(const RawStruct& raw, Clock offset = 0) {
    start(raw.id.client, raw.id.clock + offset, raw.content.length - offset);
    write_struct(encoder_, raw, offset);
  }

  // Announces the next struct; the caller then writes it to encoder() itself.
  void start(ClientId client, Clock clock, Clock length) {
    if (sections_.empty() || client_ != client || clock_ != clock) open(client, clock);
    clock_ = clock + length;
    ++sections_.back().struct_count;
  }

  [[nodiscard]] Encoder& encoder() noexcept { return encoder_; }

  // Ends the structs; the delete set is then written to encoder().rest().
  void finish_structs();

  // The whole update, once the delete set is written.
  [[nodiscard]] Bytes finish() { return encoder_.finish(); }

 private:
  struct Section {
    std::size_t begin{0};  // in the rest
    std::uint64_t struct_count{0};
  };

  void open(ClientId client, Clock clock);

  Encoder encoder_;
  std::vector<Section> sections_;
  ClientId client_;
  Clock clock_{0};  // behind the last struct
};

extern template class SectionWriter<UpdateEncoderV1>;
extern template class SectionWriter<UpdateEncoderV2>;

}  // namespace ycpp
