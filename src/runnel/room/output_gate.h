// OutputGate: holds back what a room sends until what it wrote before is committed, so that nobody
// ever sees what a crash could take back. With nothing uncommitted it lets everything through at
// once.
//
// Invariant: messages of one connection leave in the order in which they were sent, and none leaves
// before a write that was started earlier has finished.
#pragma once

#include "base/bytes.h"
#include "base/payload.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace runnel::room {

class Connection;

class OutputGate {
 public:
  // Writes of a room finish in the order in which they started.
  void write_started() noexcept { ++started_; }

  // Lets through what waited for this write alone.
  void write_finished();

  [[nodiscard]] bool is_open() const noexcept { return started_ == finished_; }

  void send(Connection& to, PayloadKind kind, SharedBytes payload);
  void close(Connection& to, std::uint16_t code, std::string reason);

  // Runs `then` once every write that was started before has finished: at once when none is under
  // way, never when one of them fails (it is destroyed).
  void after_writes(std::move_only_function<void()> then);

  // The connection is about to be destroyed: what waits for it goes nowhere.
  void forget(const Connection& connection);

  // A write failed: nothing that waits may ever leave.
  void break_gate() {
    held_.clear();
    waiting_.clear();
    next_ = 0;
  }

 private:
  struct Held {
    std::uint64_t after;  // leaves when that many writes have finished
    Connection* to;       // null: forgotten
    PayloadKind kind;
    SharedBytes payload;  // null: a close
    std::uint16_t code;
    std::string reason;
  };

  struct Waiting {
    std::uint64_t after;
    std::move_only_function<void()> then;
  };

  static void let_out(Held& held);
  void run_waiting();

  std::uint64_t started_{0};
  std::uint64_t finished_{0};
  std::vector<Held> held_;  // those before next_ have left
  std::size_t next_{0};
  std::vector<Waiting> waiting_;  // few: answers to requests
};

}  // namespace runnel::room
