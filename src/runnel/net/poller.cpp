#include "runnel/net/poller.h"

#include "base/check.h"
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

namespace runnel::net {

namespace {

// The peer or the kernel ended it; reading and writing both find out how.
constexpr std::uint32_t kOver = EPOLLERR | EPOLLHUP;

epoll_event event_of(int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  return event;
}

}  // namespace

Poller::Poller()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  RUNNEL_CHECK(epoll_ >= 0 && wake_ >= 0);
  // Edge-triggered: every write to it is an event, so its counter needs no read.
  epoll_event event = event_of(wake_, EPOLLIN | EPOLLET);
  RUNNEL_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
}

Poller::~Poller() {
  ::close(wake_);
  ::close(epoll_);
}

void Poller::add(int fd, PollOwner& owner) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= slots_.size()) slots_.resize(index + 1);
  slots_[index] = {.owner = &owner};
}

void Poller::set_owner(int fd, PollOwner& owner) { slot(fd).owner = &owner; }

void Poller::remove(int fd) {
  if (slot(fd).watched != 0) watch(fd, 0);
  forget(fd);
}

void Poller::forget(int fd) { slot(fd) = {}; }

void Poller::want_read(int fd) { want(fd, EPOLLIN); }

void Poller::want_write(int fd) { want(fd, EPOLLOUT); }

void Poller::want(int fd, std::uint32_t events) {
  Slot& wanting = slot(fd);
  wanting.wanted |= events;
  if ((wanting.watched & events) != events) watch(fd, wanting.wanted);
}

void Poller::watch(int fd, std::uint32_t events) {
  Slot& watched = slot(fd);
  int operation = EPOLL_CTL_MOD;
  if (watched.watched == 0) operation = EPOLL_CTL_ADD;
  if (events == 0) operation = EPOLL_CTL_DEL;
  watched.watched = events;
  epoll_event event = event_of(fd, events);
  if (::epoll_ctl(epoll_, operation, fd, &event) == 0 || events == 0) return;
  // Out of memory or watches: the connection is broken, and its owner finds that out by reading.
  watched.watched = 0;
  ::shutdown(fd, SHUT_RDWR);
  read_is_ready(fd);
}

void Poller::read_is_ready(int fd) { read_ready_.push_back(fd); }

int Poller::poll(int timeout_ms) {
  const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()),
                                 read_ready_.empty() ? timeout_ms : 0);
  // Those that are added meanwhile come with the next poll, and so does who is left when one
  // throws.
  for (std::size_t left = read_ready_.size(); left > 0; --left) {
    const int fd = read_ready_.front();
    read_ready_.pop_front();
    take(fd, EPOLLIN, &PollOwner::on_readable);
  }
  for (int i = 0; i < count; ++i) {
    const epoll_event event = events_[static_cast<std::size_t>(i)];
    if (event.data.fd != wake_) dispatch(event.data.fd, event.events);
  }
  return std::max(count, 0);
}

// The descriptor may have been closed by an owner that came before it, and its number been given to
// another connection: then this looks for an owner that waits, and at worst calls it without need.
void Poller::dispatch(int fd, std::uint32_t events) {
  const bool is_over = (events & kOver) != 0;
  bool nobody_waits = false;
  if (is_over || (events & EPOLLIN) != 0) {
    nobody_waits = !take(fd, EPOLLIN, &PollOwner::on_readable);
  }
  if (is_over || (events & EPOLLOUT) != 0) {
    nobody_waits = !take(fd, EPOLLOUT, &PollOwner::on_writable) && (nobody_waits || !is_over);
  }
  if (nobody_waits && slot(fd).watched != 0) watch(fd, slot(fd).wanted);
}

// Ends one wait; false if there was none.
bool Poller::take(int fd, std::uint32_t event, void (PollOwner::*then)()) {
  Slot& waiting = slot(fd);
  if ((waiting.wanted & event) == 0) return false;
  waiting.wanted &= ~event;
  (waiting.owner->*then)();
  return true;
}

void Poller::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_, &one, sizeof one);
}

}  // namespace runnel::net
