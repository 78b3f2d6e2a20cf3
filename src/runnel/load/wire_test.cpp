#include "runnel/load/wire.h"

#include "ycpp/doc/doc.h"
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace runnel::load {
namespace {

using Mark = std::pair<unsigned, std::uint64_t>;

std::vector<Mark> marks_of(ByteView message) {
  std::vector<Mark> marks;
  find_marks(message,
             [&](unsigned writer, std::uint64_t time_ns) { marks.emplace_back(writer, time_ns); });
  return marks;
}

TEST(LoadWire, FindsEveryMarkWhereverItStands) {
  const std::string text = "Tx" + make_mark(7, 12) + make_mark(0xFFFF, ~std::uint64_t{0}) + "T00" +
                           make_mark(1, 0).substr(0, kMarkBytes - 1);
  EXPECT_EQ(marks_of(as_bytes(text)), (std::vector<Mark>{{7, 12}, {0xFFFF, ~std::uint64_t{0}}}));
}

TEST(LoadWire, WhatAWriterTypesIsAnUpdateThatAppendsToItsText) {
  TextWriter writer(99, "text");
  ycpp::Doc document;
  for (const std::string& word : {make_mark(1, 5), std::string("and more"), make_mark(1, 6)}) {
    ASSERT_TRUE(document.apply_update_v1(writer.append(word)));
  }
  EXPECT_EQ(document.pending_bytes(), 0U);
  const Bytes state = document.encode_state_as_update();
  EXPECT_EQ(marks_of(state), (std::vector<Mark>{{1, 5}, {1, 6}}));
}

TEST(LoadWire, TheSizeOfTheStateIsReadFromAStep2AndFromNothingElse) {
  const Bytes step2{0, 1, 3, 1, 2, 3};
  const Bytes update{0, 2, 3, 1, 2, 3};
  EXPECT_EQ(Wire(Dialect::YWebsocket, "r").sync_step2_bytes(step2), 3U);
  EXPECT_EQ(Wire(Dialect::YWebsocket, "r").sync_step2_bytes(update), 0U);
  Bytes named{1, 'r'};
  named.insert(named.end(), step2.begin(), step2.end());
  EXPECT_EQ(Wire(Dialect::Hocuspocus, "r").sync_step2_bytes(named), 3U);
}

}  // namespace
}  // namespace runnel::load
