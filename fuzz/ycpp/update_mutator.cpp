// Mutates lists of updates struct by struct, so that most of what comes out still decodes and gets
// as far as integration.
#include "fuzz_target.h"
#include "update_list.h"
#include "ycpp/encoding/section_writer.h"
#include "ycpp/encoding/struct_reader.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <utility>

namespace ycpp::fuzz {
namespace {

using Random = std::minstd_rand;

std::size_t below(Random& random, std::size_t bound) { return bound == 0 ? 0 : random() % bound; }

// The structs of an update and what they look at.
struct Decoded {
  std::unique_ptr<StructReaderV1> v1;
  std::unique_ptr<StructReaderV2> v2;
  std::vector<RawStruct> structs;
  std::vector<DeleteSet::Range> deleted;
};

template <class Reader>
bool decode_with(Reader& reader, Decoded& decoded) {
  constexpr std::size_t kStructsMax = 500;
  RawStruct raw;
  while (decoded.structs.size() < kStructsMax && reader.next(raw)) decoded.structs.push_back(raw);
  if (reader.ok() && decoded.structs.size() < kStructsMax)
    reader.read_delete_ranges(decoded.deleted);
  return reader.ok();
}

bool decode(const ListedUpdate& update, Decoded& decoded) {
  if (update.format == UpdateFormat::V1) {
    decoded.v1 = std::make_unique<StructReaderV1>(update.bytes);
    return decode_with(*decoded.v1, decoded);
  }
  decoded.v2 = std::make_unique<StructReaderV2>(update.bytes);
  return decode_with(*decoded.v2, decoded);
}

template <class Encoder>
Bytes encode_with(const Decoded& decoded) {
  SectionWriter<Encoder> writer;
  for (const RawStruct& raw : decoded.structs) writer.write(raw);
  writer.finish_structs();
  DeleteSet::from_ranges(decoded.deleted).write(writer.encoder().rest(), Encoder::kFormat);
  return writer.finish();
}

Id any_id(Random& random, const std::vector<RawStruct>& structs) {
  if (structs.empty() || random() % 16 == 0)
    return {.client = ClientId{random() % 5}, .clock = random() % 9};
  const RawStruct& raw = structs[below(random, structs.size())];
  return {.client = raw.id.client, .clock = raw.id.clock + below(random, raw.content.length)};
}

void toggle_origin(Random& random, RawStruct& raw, const std::vector<RawStruct>& structs) {
  raw.info ^= random() % 2 == 0 ? kInfoOrigin : kInfoRightOrigin;
  raw.origin = any_id(random, structs);
  raw.right_origin = any_id(random, structs);
  if (raw.has_origin() || raw.has_right_origin()) {
    raw.parent_kind = ParentKind::Neighbour;
    raw.has_parent_sub = false;
    return;
  }
  raw.parent_kind = random() % 2 == 0 ? ParentKind::Root : ParentKind::Item;
  raw.parent_root = "t";
  raw.parent_item = any_id(random, structs);
  raw.has_parent_sub = (raw.info & kInfoParentSub) != 0;
  raw.parent_sub = "k";
}

void change_content(Random& random, RawStruct& raw) {
  RawContent& content = raw.content;
  switch (random() % 5) {
    case 0:
      content.kind = BlockKind::Deleted;
      content.length = 1 + (random() % 4);
      break;
    case 1:
      content.kind = BlockKind::String;
      content.text = random() % 2 == 0 ? "xy" : "\xF0\x9F\x98\x80";
      content.length = 2;
      content.ascii = content.text == "xy";
      break;
    case 2:
      content.kind = BlockKind::Type;
      content.length = 1;
      content.type = static_cast<TypeKind>(random() % 7);
      content.text = "n";
      break;
    case 3:
      content.kind = random() % 2 == 0 ? BlockKind::Gc : BlockKind::Skip;
      content.length = 1 + (random() % 4);
      raw.info = 0;
      break;
    default:
      if (content.kind == BlockKind::Deleted || content.kind == BlockKind::Gc) {
        content.length = random() % 64 == 0 ? kMaxSafeInteger - raw.id.clock : 1 + (random() % 9);
      }
  }
  raw.info = static_cast<std::uint8_t>((raw.info & ~kInfoKindMask) |
                                       static_cast<std::uint8_t>(content.kind));
}

void mutate_struct(Random& random, Decoded& decoded) {
  std::vector<RawStruct>& structs = decoded.structs;
  const std::size_t place = below(random, structs.size());
  RawStruct& raw = structs[place];
  switch (random() % 8) {
    case 0:
      structs.erase(structs.begin() + static_cast<std::ptrdiff_t>(place));
      return;
    case 1: {
      const RawStruct copy = raw;
      structs.insert(structs.begin() + static_cast<std::ptrdiff_t>(place), copy);
      return;
    }
    case 2:
      std::swap(raw, structs[below(random, structs.size())]);
      return;
    case 3:
      raw.id = any_id(random, structs);
      return;
    case 4:
      raw.id.clock += random() % 4;
      return;
    case 5:
      if (raw.is_item()) toggle_origin(random, raw, structs);
      return;
    case 6:
      if (raw.is_item()) raw.info ^= raw.parent_kind == ParentKind::Neighbour ? kInfoParentSub : 0;
      raw.origin = any_id(random, structs);
      raw.right_origin = any_id(random, structs);
      return;
    default:
      if (raw.is_item()) change_content(random, raw);
      return;
  }
}

void mutate_decoded(Random& random, Decoded& decoded) {
  if (decoded.structs.empty() || random() % 5 == 0) {
    const Id id = any_id(random, decoded.structs);
    decoded.deleted.push_back(
        {.client = id.client, .range = {.clock = id.clock, .length = 1 + (random() % 5)}});
    return;
  }
  mutate_struct(random, decoded);
}

// Changes one update inside its structs; false if it does not decode.
bool mutate_update(Random& random, ListedUpdate& update, Bytes& storage) {
  Decoded decoded;
  if (!decode(update, decoded)) return false;
  for (std::size_t i = 1 + (random() % 3); i > 0; --i) mutate_decoded(random, decoded);
  if (random() % 8 == 0) {
    update.format = update.format == UpdateFormat::V1 ? UpdateFormat::V2 : UpdateFormat::V1;
  }
  storage = update.format == UpdateFormat::V1 ? encode_with<UpdateEncoderV1>(decoded)
                                              : encode_with<UpdateEncoderV2>(decoded);
  update.bytes = storage;
  return true;
}

void mutate_list(Random& random, std::vector<ListedUpdate>& updates) {
  const std::size_t place = below(random, updates.size());
  const auto at = updates.begin() + static_cast<std::ptrdiff_t>(place);
  switch (random() % 3) {
    case 0:
      updates.erase(at);
      return;
    case 1: {
      const ListedUpdate copy = *at;
      updates.push_back(copy);
      return;
    }
    default:
      std::swap(*at, updates[below(random, updates.size())]);
      return;
  }
}

}  // namespace
}  // namespace ycpp::fuzz

#ifdef RUNNEL_LIBFUZZER
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t size_max, unsigned seed) {
  namespace fuzz = ycpp::fuzz;
  fuzz::Random random{seed};
  auto updates = fuzz::read_update_list({data, size});
  if (updates.empty() || random() % 6 == 0) return LLVMFuzzerMutate(data, size, size_max);
  runnel::Bytes storage;
  if (random() % 6 == 0) {
    fuzz::mutate_list(random, updates);
  } else if (!fuzz::mutate_update(random, updates[fuzz::below(random, updates.size())], storage)) {
    return LLVMFuzzerMutate(data, size, size_max);
  }
  const runnel::Bytes written = fuzz::write_update_list(updates);
  if (written.size() > size_max) return LLVMFuzzerMutate(data, size, size_max);
  if (!written.empty()) std::memcpy(data, written.data(), written.size());
  return written.size();
}
#endif
