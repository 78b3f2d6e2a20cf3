#include "runnel/net/signals.h"

#include "runnel/net/event_loop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <thread>
#include <utility>

namespace runnel::net {

// A thread of its own waits, so that a loop knows nothing of signals and pays nothing for them.
struct SignalWatcherImpl {
  SignalWatcherImpl(EventLoop& event_loop, std::function<void(int)> callback)
      : loop(event_loop),
        on_signal(std::make_shared<std::function<void(int)>>(std::move(callback))) {}

  void wait() {
    signals.async_wait([this](const boost::system::error_code& failed, int signal) {
      if (failed) return;
      loop.post([weak = std::weak_ptr(on_signal), signal] {
        if (const auto alive = weak.lock()) (*alive)(signal);
      });
      wait();
    });
  }

  EventLoop& loop;
  std::shared_ptr<std::function<void(int)>> on_signal;  // dies with the watcher, on the loop
  boost::asio::io_context io{1};
  boost::asio::signal_set signals{io};
  std::thread thread;
};

SignalWatcher::SignalWatcher(EventLoop& loop, std::initializer_list<int> signals,
                             std::function<void(int signal)> on_signal)
    : impl_(std::make_unique<SignalWatcherImpl>(loop, std::move(on_signal))) {
  for (const int signal : signals) impl_->signals.add(signal);
  impl_->wait();
  impl_->thread = std::thread([impl = impl_.get()] { impl->io.run(); });
}

SignalWatcher::~SignalWatcher() {
  impl_->io.stop();
  impl_->thread.join();
}

}  // namespace runnel::net
