#include "runnel/net/poller.h"

#include "runnel/net/stream.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <stdexcept>

namespace runnel::net {
namespace {

struct RecordingOwner final : PollOwner {
  void on_readable() override {
    ++reads;
    if (then) then();
  }

  void on_writable() override { ++writes; }

  int reads{0};
  int writes{0};
  std::function<void()> then;
};

class PollerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::array<int, 2> ends{};
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    near_ = OwnedFd(ends[0]);
    far_ = OwnedFd(ends[1]);
    poller_.add(near_.get(), owner_);
  }

  void peer_sends() { ASSERT_EQ(::send(far_.get(), "x", 1, 0), 1); }

  void read_all() {
    std::array<char, 64> bytes{};
    while (::recv(near_.get(), bytes.data(), bytes.size(), 0) > 0) {
    }
  }

  // Calls of the owner in one poll.
  int calls() {
    const int before = owner_.reads + owner_.writes;
    poller_.poll(0);
    return owner_.reads + owner_.writes - before;
  }

  Poller poller_;
  RecordingOwner owner_;
  OwnedFd near_;
  OwnedFd far_;
};

TEST_F(PollerTest, CallsOnceForEachWait) {
  peer_sends();
  EXPECT_EQ(calls(), 0) << "nobody waits yet";
  poller_.want_read(near_.get());
  poller_.want_read(near_.get());
  EXPECT_EQ(calls(), 1);
  EXPECT_EQ(calls(), 0) << "nobody waits any more, though there are bytes";
  poller_.want_read(near_.get());
  EXPECT_EQ(calls(), 1) << "what was not read is reported again";
}

TEST_F(PollerTest, ReadsAgainAndAgain) {
  owner_.then = [this] {
    read_all();
    poller_.want_read(near_.get());
  };
  poller_.want_read(near_.get());
  for (int i = 1; i <= 3; ++i) {
    peer_sends();
    poller_.poll(0);
    EXPECT_EQ(owner_.reads, i);
  }
}

TEST_F(PollerTest, AnOwnerThatThrowsTakesNoTurnFromTheOthers) {
  RecordingOwner other;
  poller_.add(far_.get(), other);
  owner_.then = [] { throw std::runtime_error("in a callback"); };
  for (const int fd : {near_.get(), far_.get()}) {
    poller_.want_read(fd);
    poller_.read_is_ready(fd);
  }
  EXPECT_THROW(poller_.poll(0), std::runtime_error);
  EXPECT_EQ(other.reads, 0);
  poller_.poll(0);
  EXPECT_EQ(other.reads, 1);
  poller_.remove(far_.get());
}

TEST_F(PollerTest, ReadingGoesOnWhileNobodyWaitsToWrite) {
  poller_.want_write(near_.get());
  poller_.want_read(near_.get());
  poller_.poll(0);
  EXPECT_EQ(owner_.writes, 1);
  poller_.poll(0);  // writable still, and nobody waits for it: the kernel is told so
  peer_sends();
  poller_.poll(0);
  EXPECT_EQ(owner_.reads, 1);
  EXPECT_EQ(owner_.writes, 1);
}

TEST_F(PollerTest, APeerThatHangsUpIsNoEventWhileNobodyWaits) {
  owner_.then = [this] { read_all(); };
  poller_.want_read(near_.get());
  peer_sends();
  poller_.poll(0);
  far_ = OwnedFd();
  poller_.poll(0);  // reported, and taken off the set
  EXPECT_EQ(poller_.poll(0), 0) << "the loop would run hot";
  EXPECT_EQ(owner_.reads, 1);
  poller_.want_read(near_.get());
  poller_.poll(0);
  EXPECT_EQ(owner_.reads, 2) << "whoever waits again learns it";
}

TEST_F(PollerTest, CallsNobodyForADescriptorThatWasClosedInTheSameTurn) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  OwnedFd other_near(ends[0]);
  const OwnedFd other_far(ends[1]);
  RecordingOwner other;
  poller_.add(other_near.get(), other);
  poller_.want_read(near_.get());
  poller_.want_read(other_near.get());
  owner_.then = [&] {
    poller_.forget(other_near.get());
    other_near = OwnedFd();
  };
  other.then = [&] {
    poller_.forget(near_.get());
    near_ = OwnedFd();
  };
  peer_sends();
  ASSERT_EQ(::send(other_far.get(), "x", 1, 0), 1);
  poller_.poll(0);
  EXPECT_EQ(owner_.reads + other.reads, 1);
}

TEST_F(PollerTest, BytesThatTheOwnerHasAlreadyEndItsWait) {
  poller_.want_read(near_.get());
  poller_.read_is_ready(near_.get());
  poller_.poll(60'000);
  EXPECT_EQ(owner_.reads, 1);
}

TEST_F(PollerTest, AnotherOwnerIsCalledAfterTheDescriptorChangedHands) {
  RecordingOwner next;
  poller_.want_read(near_.get());
  poller_.set_owner(near_.get(), next);
  peer_sends();
  poller_.poll(0);
  EXPECT_EQ(owner_.reads, 0);
  EXPECT_EQ(next.reads, 1);
}

TEST_F(PollerTest, AWakeBeforeTheWaitEndsIt) {
  for (int i = 0; i < 2; ++i) {
    poller_.wake();
    EXPECT_EQ(poller_.poll(60'000), 1);
  }
  EXPECT_EQ(poller_.poll(0), 0);
}

}  // namespace
}  // namespace runnel::net
