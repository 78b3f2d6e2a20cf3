#include "runnel/room/output_gate.h"

#include "runnel/room/testing/fake_connection.h"

#include <gtest/gtest.h>

namespace runnel::room {
namespace {

struct Ends {
  explicit Ends(OutputGate& gate)
      : connection({.id = ConnectionId(1), .key = "k"}, std::make_unique<FakePort>(client), gate) {}

  std::shared_ptr<FakeClient> client = std::make_shared<FakeClient>();
  Connection connection;
};

TEST(OutputGate, LetsThroughAtOnceWhenNothingIsUncommitted) {
  OutputGate gate;
  Ends ends(gate);
  ends.connection.send_text("a");
  EXPECT_EQ(ends.client->texts(), std::vector<std::string>{"a"});
}

TEST(OutputGate, HoldsWhatFollowsAWriteUntilThatWriteIsCommittedAndKeepsTheOrder) {
  OutputGate gate;
  Ends ends(gate);
  gate.write_started();
  ends.connection.send_text("after first");
  gate.write_started();
  ends.connection.send_text("after second");
  EXPECT_TRUE(ends.client->sent.empty());
  gate.write_finished();
  EXPECT_EQ(ends.client->texts(), std::vector<std::string>{"after first"});
  gate.write_finished();
  EXPECT_EQ(ends.client->texts(), (std::vector<std::string>{"after first", "after second"}));
  EXPECT_TRUE(gate.is_open());
}

TEST(OutputGate, ACloseLeavesAfterWhatWasSentBeforeIt) {
  OutputGate gate;
  Ends ends(gate);
  gate.write_started();
  ends.connection.send_text("last words");
  ends.connection.close(1000, "bye");
  ends.connection.send_text("too late");
  EXPECT_FALSE(ends.client->close_code);
  gate.write_finished();
  EXPECT_EQ(ends.client->texts(), std::vector<std::string>{"last words"});
  EXPECT_EQ(ends.client->close_code, 1000);
}

TEST(OutputGate, NothingHeldLeavesOnceItIsBroken) {
  OutputGate gate;
  Ends ends(gate);
  gate.write_started();
  ends.connection.send_text("never");
  gate.break_gate();
  gate.write_finished();
  EXPECT_TRUE(ends.client->sent.empty());
}

TEST(OutputGate, AnAnswerWaitsForTheWritesBeforeItAndIsDroppedWhenOneFails) {
  OutputGate gate;
  std::vector<std::string> ran;
  const auto note = [&](const char* what) { return [&ran, what] { ran.emplace_back(what); }; };
  gate.after_writes(note("open"));
  gate.write_started();
  gate.after_writes(note("first"));
  gate.write_started();
  gate.after_writes([&gate, &ran, note] {
    ran.emplace_back("second");
    gate.write_started();
    gate.after_writes(note("never"));
  });
  EXPECT_EQ(ran, std::vector<std::string>{"open"});
  gate.write_finished();
  EXPECT_EQ(ran.back(), "first");
  gate.write_finished();
  EXPECT_EQ(ran.back(), "second");
  gate.break_gate();
  gate.write_finished();
  EXPECT_EQ(ran.size(), 3U);
}

TEST(OutputGate, WhatWaitsForAForgottenConnectionGoesNowhere) {
  OutputGate gate;
  Ends ends(gate);
  gate.write_started();
  ends.connection.send_text("a");
  gate.forget(ends.connection);
  gate.write_finished();
  EXPECT_TRUE(ends.client->sent.empty());
}

TEST(Connection, CutsAReasonThatWouldNotFitIntoACloseFrame) {
  OutputGate gate;
  Ends ends(gate);
  ends.connection.close(1008, std::string(200, 'x'));
  EXPECT_EQ(ends.client->close_reason.size(), 123U);
}

}  // namespace
}  // namespace runnel::room
