// StructJoiner: holds back the last struct of a merge, so that the next can still be joined with
// it, and writes it once that is settled. Internal to merging.
#pragma once

#include "ycpp/encoding/raw_struct.h"
#include "ycpp/update/pass.h"

#include <optional>
#include <string>

namespace ycpp {

// A gap of `length` units in what an update holds of a client.
[[nodiscard]] RawStruct make_skip(Id id, Clock length) noexcept;

template <class Encoder>
class StructJoiner {
 public:
  // `joins`: whether neighbours become one struct wherever a document would join them.
  explicit StructJoiner(bool joins) : joins_(joins) {}

  [[nodiscard]] bool is_waiting() const noexcept { return is_waiting_; }

  // The struct held back, with what was joined to it; meaningful if is_waiting().
  [[nodiscard]] const RawStruct& waiting() const noexcept { return waiting_; }

  // Joins `raw` to the waiting struct, or writes that and holds `raw` back. What `raw` looks at
  // stays alive until finish().
  void put(const RawStruct& raw);

  // Yjs's own joining: GC to GC, which follows it. False if it is not that.
  bool extend_gc(const RawStruct& raw);

  // Writes the struct held back.
  SectionWriter<Encoder>& finish();

 private:
  [[nodiscard]] bool can_join(const RawStruct& raw) const;
  void join(const RawStruct& raw);
  void flush();

  bool joins_;
  bool is_waiting_{false};
  bool is_joined_{false};  // waiting_ looks at joined_
  RawStruct waiting_;
  std::string joined_;  // text or values of several structs
  SectionWriter<Encoder> writer_;
};

extern template class StructJoiner<UpdateEncoderV1>;
extern template class StructJoiner<UpdateEncoderV2>;

}  // namespace ycpp
