// Poller: the epoll set of one loop. Who owns a descriptor says each time what it waits for and is
// called once when it is there, as with a one-shot wait; but the kernel is told of a change only
// when an event comes that nobody waits for. So a connection that reads, and then waits again,
// costs no call beside its recv(). Level-triggered: nothing that is ready is ever missed.
//
// Own thread only, but for `wake`.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace runnel::net {

class PollOwner {
 public:
  PollOwner() = default;
  PollOwner(const PollOwner&) = delete;
  PollOwner& operator=(const PollOwner&) = delete;
  PollOwner(PollOwner&&) = delete;
  PollOwner& operator=(PollOwner&&) = delete;

  // Both may take the descriptor off the poller and destroy the owner. Either may be called without
  // need: a read or write that would wait is no error.
  virtual void on_readable() = 0;
  virtual void on_writable() = 0;

 protected:
  virtual ~PollOwner() = default;
};

class Poller {
 public:
  Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  Poller(Poller&&) = delete;
  Poller& operator=(Poller&&) = delete;
  ~Poller();

  void add(int fd, PollOwner& owner);

  // Somebody else is called from now on.
  void set_owner(int fd, PollOwner& owner);

  // Takes off a descriptor that lives on.
  void remove(int fd);

  // Takes off a descriptor that is closed next: the kernel then forgets it by itself.
  void forget(int fd);

  // One call of the owner each; asking again while one is outstanding changes nothing.
  void want_read(int fd);
  void want_write(int fd);

  // The owner has bytes already of which the kernel knows nothing: its wait ends with the next
  // `poll`.
  void read_is_ready(int fd);

  // Waits up to `timeout_ms` for something to be ready, then calls the owners of all that is.
  // Returns how many events the kernel had, a wake among them.
  int poll(int timeout_ms);

  // Ends a wait, or the next one. Any thread.
  void wake() const;

 private:
  struct Slot {
    PollOwner* owner{nullptr};
    std::uint32_t wanted{0};   // by the owner
    std::uint32_t watched{0};  // by the kernel
  };

  // Events of one `poll`; what else is ready comes with the next.
  static constexpr std::size_t kEventsMax = 256;

  void want(int fd, std::uint32_t events);
  void watch(int fd, std::uint32_t events);
  void dispatch(int fd, std::uint32_t events);
  bool take(int fd, std::uint32_t event, void (PollOwner::*then)());

  [[nodiscard]] Slot& slot(int fd) { return slots_[static_cast<std::size_t>(fd)]; }

  int epoll_;
  int wake_;
  std::vector<Slot> slots_;     // by descriptor
  std::deque<int> read_ready_;  // see read_is_ready
  std::array<epoll_event, kEventsMax> events_{};
};

}  // namespace runnel::net
