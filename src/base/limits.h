// Every bound that holds without configuration, each with its reason. A bound that an operator may
// move is a field of server/config.h whose default stands here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace runnel::limits {

using namespace std::chrono_literals;

// A first sync of a large offline document arrives as one message; stock clients send up to 100
// MiB.
inline constexpr std::size_t kMessageBytes = std::size_t{100} * 1024 * 1024;

// Above this a full state no longer fits into one message to a client.
inline constexpr std::size_t kDocumentBytes = std::size_t{96} * 1024 * 1024;

// A cursor and a profile take some 200 bytes; anything far above is a mistake or an attack.
inline constexpr std::size_t kAwarenessStateBytes = std::size_t{64} * 1024;

// What may wait for a room that loads, so that one slow disk does not eat the memory.
inline constexpr std::size_t kLoadingQueueBytes = std::size_t{16} * 1024 * 1024;
inline constexpr std::size_t kLoadingQueueMessages = 1000;

inline constexpr std::size_t kConnectionsPerRoom = 10'000;

// Updates whose dependencies are missing are kept, but not without end.
inline constexpr std::size_t kPendingBytes = std::size_t{32} * 1024 * 1024;

// HTTP request line and headers together; a JWT fits with room to spare.
inline constexpr std::size_t kRequestHeadBytes = std::size_t{32} * 1024;

// A client that has not finished its request by then is not a client.
inline constexpr std::chrono::milliseconds kHandshakeTimeout = 10s;

// More undecodable messages a minute than this are no accident.
inline constexpr int kMalformedPerMinute = 20;

// Above this a receiver that does not drain is resynchronised instead of queued for.
inline constexpr std::size_t kOutputQueueBytes = std::size_t{8} * 1024 * 1024;

}  // namespace runnel::limits
