// Executor: where a piece of work runs. One per event loop, one for the storage writer; in the
// simulator all of them are one seeded queue under virtual time.
#pragma once

#include "base/ids.h"
#include "base/time_source.h"

#include <cstdint>
#include <functional>

namespace runnel {

using Task = std::move_only_function<void()>;
using TimerId = NumberId<struct TimerIdTag>;

class Executor {
 public:
  Executor() = default;
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  Executor(Executor&&) = delete;
  Executor& operator=(Executor&&) = delete;
  virtual ~Executor() = default;

  // Runs `task` later on this executor, after what was posted before it. Any thread.
  virtual void post(Task task) = 0;

  // Runs `task` at the end of the current turn: after every event that is ready now, before the
  // executor waits. This is where a room flushes what a turn produced. Own thread only.
  virtual void at_turn_end(Task task) = 0;

  // Runs `task` once after `delay`. Own thread only.
  virtual TimerId after(Duration delay, Task task) = 0;

  // Forgets a timer; one that already ran or was cancelled is no error. Own thread only.
  virtual void cancel(TimerId timer) = 0;

  // Whether the caller is on this executor's thread.
  [[nodiscard]] virtual bool is_current() const = 0;
};

}  // namespace runnel
