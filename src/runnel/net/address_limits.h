// How many connections and handshakes one client address may have. Pure: the time is an argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace runnel::net {

struct AddressLimitOptions {
  std::size_t connections_max{1000};         // open at the same time; an office behind one NAT fits
  std::uint32_t handshakes_per_second{100};  // in the long run
  std::uint32_t handshakes_burst{1000};      // at once, as after a restart of the server
  std::size_t addresses_max{100'000};        // memory bound; above it new addresses are refused
};

enum class Admission : std::uint8_t { Admitted, TooManyConnections, TooManyHandshakes, TableFull };

class AddressLimits {
 public:
  explicit AddressLimits(AddressLimitOptions options) : options_(options) {}

  // Counts a handshake and, when admitted, an open connection. Times never go back.
  Admission admit(std::string_view address, std::int64_t now_ms);

  // An admitted connection of `address` ended.
  void release(std::string_view address, std::int64_t now_ms);

  // Counts a handshake on a connection that is already open (a request behind a proxy).
  Admission admit_handshake(std::string_view address, std::int64_t now_ms);

  [[nodiscard]] std::size_t tracked_addresses() const { return entries_.size(); }

 private:
  struct Entry {
    std::size_t open{0};
    double tokens{0};
    std::int64_t refilled_ms{0};
  };

  Entry* entry_for(std::string_view address, std::int64_t now_ms);
  void refill(Entry& entry, std::int64_t now_ms) const;
  void sweep(std::int64_t now_ms);

  AddressLimitOptions options_;
  std::unordered_map<std::string, Entry> entries_;
  std::int64_t swept_ms_{0};
};

}  // namespace runnel::net
