#include "runnel/backend/document_bytes.h"

#include "ycpp/update/convert.h"
#include "ycpp/update/format.h"
#include "ycpp/update/merge.h"
#include "ycpp/update/update_meta.h"

#include <algorithm>
#include <array>

namespace runnel::backend {

namespace {

constexpr std::array<std::uint8_t, 2> kEmptyV1{0, 0};
constexpr std::array<std::uint8_t, 13> kEmptyV2{0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};

Result<DocumentState> state_of(Bytes update) {
  const Bytes vector = RUNNEL_TRY(ycpp::encode_state_vector_from_update(update));
  Coverage coverage{.state_vector = RUNNEL_TRY(ycpp::StateVector::decode(vector)),
                    .delete_set = RUNNEL_TRY(ycpp::delete_set_of_update(update))};
  return DocumentState{.update = std::move(update), .coverage = std::move(coverage)};
}

}  // namespace

bool is_empty_document(ByteView body) {
  return std::ranges::equal(body, kEmptyV1) || std::ranges::equal(body, kEmptyV2);
}

Result<DocumentState> read_document(ByteView body) {
  if (body.empty()) return fail(Errc::Malformed, "a snapshot of no bytes at all");
  const ycpp::UpdateFormat format = RUNNEL_TRY(ycpp::recognise_update_format(body));
  Bytes update = RUNNEL_TRY(ycpp::convert_update_format(body, format, ycpp::UpdateFormat::V1));
  DocumentState state = RUNNEL_TRY(state_of(std::move(update)));
  if (state.coverage.state_vector.empty()) {
    return fail(Errc::Malformed, "a snapshot of " + std::to_string(body.size()) +
                                     " bytes that decodes to an empty document");
  }
  return state;
}

Result<DocumentState> merge_documents(const std::vector<ByteView>& updates) {
  Bytes merged = RUNNEL_TRY(ycpp::merge_updates_compact(updates));
  return state_of(std::move(merged));
}

}  // namespace runnel::backend
