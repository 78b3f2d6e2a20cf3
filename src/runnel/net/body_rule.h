// How large the body of a request may be, decided once its head is read and before anything of the
// body is kept.
#pragma once

#include <cstddef>

namespace runnel::net {

struct BodyRule {
  std::size_t bytes_max{0};
  // Larger ones get 413; 401 where somebody who shows a secret may send more.
  int refusal_status{413};
};

// What strangers may have the server keep until it has read what they want.
inline constexpr std::size_t kStrangerBodyBytesMax = std::size_t{64} * 1024;

}  // namespace runnel::net
