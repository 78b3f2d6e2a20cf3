// The figures are those of Yjs 13.6.33. Random histories against Yjs are in tests/conformance.
#include "ycpp/encoding/section_writer.h"
#include "ycpp/encoding/struct_reader.h"
#include "ycpp/encoding/testing/hex.h"
#include "ycpp/update/convert.h"
#include "ycpp/update/diff.h"
#include "ycpp/update/format.h"
#include "ycpp/update/inspect.h"
#include "ycpp/update/merge.h"
#include "ycpp/update/obfuscate.h"
#include "ycpp/update/update_meta.h"
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace ycpp {
namespace {

using testing::from_hex;
using testing::to_hex;

struct UpdateVector {
  const char* name;
  const char* v1;
  const char* v2;
  const char* state_vector;
};

constexpr UpdateVector kUpdates[] = {
    {"empty", "0000", "00000000000001000000000000", "00"},
    {"text 'ab'", "010101000401017402616200", "0000010100000104060374616201020101000001010000",
     "010102"},
    {"text 'ab' delete first", "01020100010101740184010001620101010001",
     "00000241000100000301008405027462410001010001010102000101010000", "010102"},
    {"map a=1,b=nested array", "010301002801016d0161017d012701016d0162000800010103787e77017800",
     "000002410001020005280027000807046d616d6241020301010001000201030103007d01787e77017800",
     "010105"},
    {"map overwrite", "010201002101016d016101a80100017d020101010001",
     "0000024100010000032100a805026d6141000101000241000102007d020101010000", "010102"},
    {"xml", "010401000701017803017028000100016b0177017607000100060400010202686900",
     "00010002410203010004000707002800070004090578706b686941010203010000020306010101040077017600",
     "010105"},
    {"text with format",
     "010301000601017404626f6c64047472756584010002616286010204626f6c64046e756c6c00",
     "0002000202410102000400050600840086100b74626f6c646162626f6c640104020401010000010300787e00",
     "010104"},
    {"embed, binary, subdoc", "0103010005010174077b2269223a317d030101610201024901010167760000",
     "00000241000001020505000300490603746167410101010000010300760101697d01020102760000", "010103"},
};

template <class Decoder, class Encoder>
std::string rewrite(const Bytes& update) {
  StructReader<Decoder> reader{update};
  SectionWriter<Encoder> writer;
  RawStruct raw;
  while (reader.next(raw)) writer.write(raw);
  const DeleteSet deleted = reader.read_delete_set();
  EXPECT_TRUE(reader.ok()) << runnel::to_string(reader.error());
  writer.finish_structs();
  deleted.write(writer.encoder().rest(), Encoder::kFormat);
  return to_hex(writer.finish());
}

TEST(Structs, go_through_reading_and_writing_unchanged_in_and_between_both_formats) {
  for (const UpdateVector& vector : kUpdates) {
    const Bytes v1 = from_hex(vector.v1);
    const Bytes v2 = from_hex(vector.v2);
    EXPECT_EQ((rewrite<UpdateDecoderV1, UpdateEncoderV1>(v1)), vector.v1) << vector.name;
    EXPECT_EQ((rewrite<UpdateDecoderV1, UpdateEncoderV2>(v1)), vector.v2) << vector.name;
    EXPECT_EQ((rewrite<UpdateDecoderV2, UpdateEncoderV1>(v2)), vector.v1) << vector.name;
    EXPECT_EQ((rewrite<UpdateDecoderV2, UpdateEncoderV2>(v2)), vector.v2) << vector.name;
  }
}

TEST(Updates, formats_are_recognised) {
  for (const UpdateVector& vector : kUpdates) {
    EXPECT_EQ(recognise_update_format(from_hex(vector.v1)).value(), UpdateFormat::V1);
    EXPECT_EQ(recognise_update_format(from_hex(vector.v2)).value(), UpdateFormat::V2);
  }
  EXPECT_EQ(recognise_update_format(from_hex("00010201 0501")).value(), UpdateFormat::V1);
  // Ranges in an order that Yjs does not write are no V2 update either.
  EXPECT_EQ(recognise_update_format(from_hex("00010202 05010001")).value(), UpdateFormat::V1);
  EXPECT_FALSE(recognise_update_format({}));
  EXPECT_FALSE(recognise_update_format(from_hex("00")));
  EXPECT_FALSE(recognise_update_format(from_hex("00ff")));
}

TEST(Updates, state_vectors_come_from_what_follows_clock_zero) {
  for (const UpdateVector& vector : kUpdates) {
    EXPECT_EQ(to_hex(encode_state_vector_from_update(from_hex(vector.v1)).value()),
              vector.state_vector);
    EXPECT_EQ(
        to_hex(encode_state_vector_from_update(from_hex(vector.v2), UpdateFormat::V2).value()),
        vector.state_vector);
  }
  const Bytes pending = from_hex("01010102840101016300");
  EXPECT_EQ(to_hex(encode_state_vector_from_update(pending).value()), "00");
  EXPECT_EQ(parse_update_meta(pending).value(),
            (std::vector<UpdateSpan>{{.client = ClientId{1}, .from = 2, .to = 3}}));
}

TEST(Updates, merging_fills_a_gap_with_a_skip) {
  const Bytes first = from_hex("010101000401017401 6100");
  const Bytes third = from_hex("01010102840101016300");
  const std::vector<ByteView> updates{third, first};
  EXPECT_EQ(to_hex(merge_updates(updates).value()), "010301000401017401610a01840101016300");
}

TEST(Updates, merging_none_is_the_empty_update_and_one_alone_stays_as_it_is) {
  EXPECT_EQ(to_hex(merge_updates({}).value()), "0000");
  EXPECT_EQ(to_hex(merge_updates({}, UpdateFormat::V2).value()), "00000000000001000000000000");
  // The mark of a map entry with an origin would be gone from anything that is merged.
  const Bytes overwrite = from_hex(kUpdates[4].v1);
  EXPECT_EQ(merge_updates(std::vector<ByteView>{overwrite}).value(), overwrite);
  const Bytes twice = merge_updates(std::vector<ByteView>{overwrite, overwrite}).value();
  EXPECT_EQ(to_hex(twice), "010201002101016d016101880100017d020101010001");
}

// Merging sorts its inputs by a look at how they start, and reads them later.
template <class Reader>
void expect_agreement(ByteView update, UpdateFormat format) {
  Reader reader{update};
  RawStruct raw;
  const bool found = reader.next(raw);
  const UpdateStart start = look_at_start(update, format);
  switch (start.kind) {
    case UpdateStart::Kind::Struct:
      EXPECT_TRUE(found || !reader.ok()) << to_hex(update);
      if (found) {
        EXPECT_EQ(start.first, raw.id) << to_hex(update);
        EXPECT_NE(raw.content.kind, BlockKind::Skip) << to_hex(update);
      }
      return;
    case UpdateStart::Kind::Deletes: {
      ASSERT_TRUE(!found && reader.ok()) << to_hex(update);
      std::vector<DeleteSet::Range> ranges;
      ByteReader rest{start.deletes, update.data()};
      std::vector<DeleteSet::Range> expected;
      DeleteSet::read_ranges(rest, format, ranges);
      reader.read_delete_ranges(expected);
      EXPECT_EQ(rest.ok(), reader.ok()) << to_hex(update);
      EXPECT_EQ(DeleteSet::from_ranges(ranges), DeleteSet::from_ranges(expected));
      return;
    }
    case UpdateStart::Kind::Unclear:
      return;
  }
}

TEST(Updates, the_look_at_the_start_agrees_with_reading_it) {
  for (const UpdateVector& vector : kUpdates) {
    for (const bool is_v2 : {false, true}) {
      const Bytes update = from_hex(is_v2 ? vector.v2 : vector.v1);
      const UpdateFormat format = is_v2 ? UpdateFormat::V2 : UpdateFormat::V1;
      const bool has_structs = inspect_update(update, format)->find("+") != std::string::npos;
      EXPECT_EQ(look_at_start(update, format).kind,
                has_structs ? UpdateStart::Kind::Struct : UpdateStart::Kind::Deletes)
          << vector.name;
      for (std::size_t at = 0; at < update.size(); ++at) {
        for (unsigned value = 0; value < 256; ++value) {
          Bytes changed = update;
          changed[at] = static_cast<std::uint8_t>(value);
          is_v2 ? expect_agreement<StructReaderV2>(changed, format)
                : expect_agreement<StructReaderV1>(changed, format);
        }
      }
    }
  }
}

TEST(Updates, merging_refuses_an_update_that_is_cut_wherever_it_stands) {
  for (const UpdateVector& vector : kUpdates) {
    for (const bool is_v2 : {false, true}) {
      const Bytes whole = from_hex(is_v2 ? vector.v2 : vector.v1);
      for (Bytes cut = whole; !cut.empty();) {
        cut.pop_back();
        const UpdateFormat format = is_v2 ? UpdateFormat::V2 : UpdateFormat::V1;
        const auto first = merge_updates(std::vector<ByteView>{cut, whole}, format);
        const auto last = merge_updates(std::vector<ByteView>{whole, whole, cut}, format);
        ASSERT_FALSE(first) << vector.name;
        ASSERT_FALSE(last) << vector.name;
        EXPECT_TRUE(first.error().detail.starts_with("update 0: "));
        EXPECT_TRUE(last.error().detail.starts_with("update 2: "));
      }
    }
  }
}

TEST(Updates, compact_merging_joins_what_was_typed_and_keeps_map_entries_apart) {
  const Bytes a = from_hex("010101000401017401 6100");
  const Bytes b = from_hex("01010101 8401000162 00");
  const Bytes c = from_hex("01010102 8401010163 00");
  const std::vector<ByteView> typed{c, a, b};
  EXPECT_EQ(to_hex(merge_updates_compact(typed).value()), "01010100040101740361626300");
  EXPECT_EQ(to_hex(merge_updates(typed).value()), "010301000401017401618401000162840101016300");
  const Bytes overwrite = from_hex(kUpdates[4].v1);
  const std::vector<ByteView> twice{overwrite, overwrite};
  EXPECT_EQ(to_hex(merge_updates_compact(twice).value()), kUpdates[4].v1);
  // Before another neighbour it is not the same run.
  const Bytes other = from_hex("01010101 c4 0100 0900 0162 00");
  const std::vector<ByteView> apart{a, other};
  EXPECT_EQ(inspect_update(merge_updates_compact(apart).value()).value(),
            "1:0+1 String \"a\" in root \"t\"\n1:1+1 String \"b\" after 1:0 before 9:0\n");
}

TEST(Updates, overlapping_inputs_are_cut_where_the_written_ends) {
  const Bytes ab = from_hex("010101000401017402616200");
  const Bytes abc = from_hex("01010100040101740361626300");
  const std::vector<ByteView> updates{ab, abc};
  EXPECT_EQ(to_hex(merge_updates(updates).value()), "0102010004010174026162840101016300");
}

TEST(Updates, a_difference_starts_where_the_replica_stands) {
  const Bytes update = from_hex("0201020004010174015a010102840101016300");
  EXPECT_EQ(to_hex(diff_update(update, from_hex("010105")).value()), "0101020004010174015a00");
  const Bytes text = from_hex(kUpdates[1].v1);
  EXPECT_EQ(to_hex(diff_update(text, from_hex("010101")).value()), "01010101840100016200");
  EXPECT_EQ(to_hex(diff_update(text, from_hex("010102")).value()), "0000");
  EXPECT_EQ(to_hex(diff_update(text, StateVector{}).value()), kUpdates[1].v1);
}

TEST(Updates, inspection_is_for_people) {
  EXPECT_EQ(inspect_update(from_hex(kUpdates[3].v1)).value(),
            "1:0+1 Any [1] in root \"m\" key \"a\"\n"
            "1:1+1 Type Array in root \"m\" key \"b\"\n"
            "1:2+3 Any [true,null,\"x\"] in 1:1\n");
  EXPECT_EQ(inspect_update(from_hex(kUpdates[6].v2), UpdateFormat::V2).value(),
            "1:0+1 Format \"bold\"=true in root \"t\"\n"
            "1:1+2 String \"ab\" after 1:0\n"
            "1:3+1 Format \"bold\"=null after 1:2\n");
  EXPECT_EQ(inspect_update(from_hex(kUpdates[4].v1)).value(),
            "1:0+1 Deleted in root \"m\" key \"a\"\n"
            "1:1+1 Any [2] after 1:0 in a map\n"
            "deleted 1:0+1\n");
}

TEST(Updates, errors_name_the_byte) {
  const auto error_of = [](const char* hex, UpdateFormat format = UpdateFormat::V1) {
    return inspect_update(from_hex(hex), format).error();
  };
  // A string that is no UTF-8, an unknown content, a struct without length, one beyond 2^53 - 1.
  EXPECT_EQ(error_of("0101010004010174 01ff00").byte, 9U);
  EXPECT_EQ(error_of("010101000b01017400").byte, 8U);
  EXPECT_EQ(error_of("01010100000000").byte, 4U);
  EXPECT_EQ(error_of("010101ffffffffffffff0f000100").byte, 11U);
  EXPECT_EQ(error_of("0101010005010174 027b5d00").byte, 8U);
  EXPECT_EQ(error_of("0101", UpdateFormat::V2).byte, 0U);
  for (const UpdateVector& vector : kUpdates) {
    for (const auto& [hex, format] :
         {std::pair{vector.v1, UpdateFormat::V1}, std::pair{vector.v2, UpdateFormat::V2}}) {
      Bytes bytes = from_hex(hex);
      while (!bytes.empty()) {
        bytes.pop_back();
        const auto cut = inspect_update(bytes, format);
        ASSERT_FALSE(cut) << vector.name << " cut to " << bytes.size();
        EXPECT_LE(cut.error().byte, bytes.size());
      }
    }
  }
}

TEST(Updates, a_few_bytes_do_not_become_any_number_of_structs) {
  // V2: one client, 2^53 - 1 GCs of length 1, all in runs.
  const Bytes bomb = from_hex(
      "00"
      "00"
      "0101"
      "00"
      "00"
      "0100"
      "0100"
      "00"
      "00"
      "09"
      "41fdffffffffffff0f"
      "01"
      "ffffffffffffff0f"
      "00"
      "00");
  const auto inspected = convert_update_format_v2_to_v1(bomb);
  ASSERT_FALSE(inspected);
  EXPECT_NE(inspected.error().detail.find("more structs"), std::string::npos)
      << runnel::to_string(inspected.error());
}

}  // namespace
}  // namespace ycpp
