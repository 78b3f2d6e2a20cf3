// Signals as events of a loop.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>

namespace runnel::net {

class EventLoop;
struct SignalWatcherImpl;

// While it lives, the signals it names do not have their default effect; `on_signal` runs on the
// loop instead. Make and destroy it while the loop is not running, or on it.
class SignalWatcher {
 public:
  SignalWatcher(EventLoop& loop, std::initializer_list<int> signals,
                std::function<void(int signal)> on_signal);
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;
  SignalWatcher(SignalWatcher&&) = delete;
  SignalWatcher& operator=(SignalWatcher&&) = delete;
  ~SignalWatcher();

 private:
  std::unique_ptr<SignalWatcherImpl> impl_;
};

}  // namespace runnel::net
