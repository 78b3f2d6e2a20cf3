// The end of a connection that still has something to say: see ServerShard::linger.
#pragma once

#include "runnel/net/server_impl.h"

namespace runnel::net {

class LingeringClose final : public PollOwner {
 public:
  LingeringClose(ServerShard& shard, Stream stream, OutputQueue out, ConnectionTicket ticket);
  LingeringClose(const LingeringClose&) = delete;
  LingeringClose& operator=(const LingeringClose&) = delete;
  LingeringClose(LingeringClose&&) = delete;
  LingeringClose& operator=(LingeringClose&&) = delete;
  ~LingeringClose() override;

  void start();
  void on_readable() override;
  void on_writable() override;

 private:
  bool write_rest();
  void finish();

  ServerShard& shard_;
  Stream stream_;
  OutputQueue out_;
  ConnectionTicket ticket_;
  TimerId timer_;
  bool is_shut_down_{false};
  bool is_peer_done_{false};
};

}  // namespace runnel::net
