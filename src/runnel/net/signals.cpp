#include "runnel/net/signals.h"

#include "runnel/net/loop_impl.h"

#include <boost/asio/signal_set.hpp>

#include <utility>

namespace runnel::net {

// Shared with the wait that is outstanding, which may be called once more after the watcher has
// gone.
struct SignalWatcherImpl : std::enable_shared_from_this<SignalWatcherImpl> {
  SignalWatcherImpl(LoopImpl& loop, std::function<void(int)> callback)
      : signals(loop.io), on_signal(std::move(callback)) {}

  void wait() {
    signals.async_wait(
        [self = shared_from_this()](const boost::system::error_code& failed, int signal) {
          if (failed || !self->on_signal) return;
          self->on_signal(signal);
          self->wait();
        });
  }

  boost::asio::signal_set signals;
  std::function<void(int)> on_signal;
};

SignalWatcher::SignalWatcher(EventLoop& loop, std::initializer_list<int> signals,
                             std::function<void(int signal)> on_signal)
    : impl_(std::make_shared<SignalWatcherImpl>(loop.impl(), std::move(on_signal))) {
  for (const int signal : signals) impl_->signals.add(signal);
  impl_->wait();
}

SignalWatcher::~SignalWatcher() {
  impl_->on_signal = nullptr;
  boost::system::error_code ignored;
  impl_->signals.cancel(ignored);
}

}  // namespace runnel::net
