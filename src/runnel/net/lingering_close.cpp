#include "runnel/net/lingering_close.h"

#include <utility>

namespace runnel::net {

namespace {

constexpr Duration kLingerTimeout = std::chrono::seconds{5};

}  // namespace

LingeringClose::LingeringClose(ServerShard& shard, Stream stream, OutputQueue out,
                               ConnectionTicket ticket)
    : shard_(shard), stream_(std::move(stream)), out_(std::move(out)), ticket_(std::move(ticket)) {
  stream_.set_owner(*this);
}

LingeringClose::~LingeringClose() { shard_.loop().cancel(timer_); }

void LingeringClose::start() {
  timer_ = shard_.loop().after(kLingerTimeout, [this] { finish(); });
  on_writable();
}

void LingeringClose::on_writable() {
  const bool is_alive = write_rest();
  if (!is_alive || (is_peer_done_ && out_.is_empty())) {
    finish();
    return;
  }
  if (!is_peer_done_) stream_.wait_readable();
}

// False when the connection is broken.
bool LingeringClose::write_rest() {
  while (!out_.is_empty()) {
    const IoResult result = stream_.write_front(out_);
    switch (result.status) {
      case IoStatus::Done:
        shard_.loop().counters().bytes_out.add(result.bytes);
        break;
      case IoStatus::WantWrite:
        stream_.wait_writable();
        return true;
      case IoStatus::WantRead:
        return true;
      case IoStatus::Ended:
      case IoStatus::Failed:
        return false;
    }
  }
  if (!std::exchange(is_shut_down_, true)) stream_.shutdown_write();
  return true;
}

void LingeringClose::on_readable() {
  const IoResult result = stream_.read_some(shard_.loop_impl().read_buffer());
  if (result.status == IoStatus::Failed) {
    finish();
    return;
  }
  // A peer that only stopped sending may still read.
  if (result.status == IoStatus::Ended) is_peer_done_ = true;
  on_writable();
}

void LingeringClose::finish() { shard_.remove(*this); }

}  // namespace runnel::net
