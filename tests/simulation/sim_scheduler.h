// The clock and the dice of a simulation: events at virtual times, executors whose ready tasks
// interleave at random, all from one seed.
#pragma once

#include "base/executor.h"
#include "base/random_source.h"
#include "base/testing/manual_executor.h"
#include "base/testing/manual_time.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace runnel::simulation {

class Scheduler {
 public:
  explicit Scheduler(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] RandomSource& random() { return random_; }

  [[nodiscard]] ManualTime& time() { return time_; }

  [[nodiscard]] std::int64_t now_ms() const { return time_.steady_ms(); }

  // True with that probability, in thousandths.
  bool happens(std::uint64_t permille) { return random_.below(1000) < permille; }

  // Uniform, both ends included.
  std::int64_t between(std::int64_t least, std::int64_t most);

  // Runs `task` at that delay from now; events of the same instant in the order of their creation.
  void after(std::int64_t delay_ms, Task task);

  // Executors that get turns, until they are removed.
  void add(ManualExecutor& executor) { executors_.push_back(&executor); }

  void remove(ManualExecutor& executor) { std::erase(executors_, &executor); }

  // Runs everything that is due until that time.
  void run_until(std::int64_t end_ms);

  // A number that depends on everything that has happened: equal runs have equal traces.
  [[nodiscard]] std::uint64_t trace() const { return trace_; }

  void note(std::uint64_t what) { trace_ = (trace_ ^ what) * 0x100000001b3ULL; }

 private:
  bool run_one();
  bool run_due_event();

  SeededRandom random_;
  ManualTime time_;
  std::map<std::pair<std::int64_t, std::uint64_t>, Task> events_;
  std::uint64_t next_event_{0};
  std::vector<ManualExecutor*> executors_;
  std::uint64_t trace_{0xcbf29ce484222325ULL};
};

}  // namespace runnel::simulation
