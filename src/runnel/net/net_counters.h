// What the network counts, one set per event loop so that loops share no cache line; server/ adds
// the sets up when it exports them.
#pragma once

#include "base/counters.h"

namespace runnel::net {

struct NetCounters {
  Counter bytes_in;   // payload of reads, after TLS
  Counter bytes_out;  // payload of writes, before TLS
  Counter writes;     // system calls that wrote

  Counter connections_accepted;
  Gauge connections_open;  // TCP connections of any kind
  Gauge websockets_open;

  Counter requests;           // complete HTTP requests, upgrades included
  Counter requests_rejected;  // answered by net itself: malformed, too large, too slow
  Counter upgrades;

  Counter messages_in;   // WebSocket messages, fragments joined
  Counter messages_out;  // frames queued for sending, control frames included

  // Connections that ended before their first request was answered, by reason.
  Counter handshake_timeout;
  Counter handshake_malformed;
  Counter handshake_tls;
  Counter handshake_address_limit;

  Counter protocol_errors;  // WebSockets closed with 1002 or 1007
  Counter too_large;        // WebSockets closed with 1009
  Counter dead_peers;       // WebSockets dropped because no answer to a ping came
};

}  // namespace runnel::net
