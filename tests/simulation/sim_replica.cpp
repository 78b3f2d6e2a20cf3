#include "sim_replica.h"

#include <algorithm>
#include <vector>

namespace runnel::simulation {

namespace {

void put_varint(Bytes& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

}  // namespace

bool covers(ycpp::Doc& doc, ycpp::Doc& other) {
  return doc.state_vector().covers(other.state_vector()) &&
         doc.delete_set().covers(other.delete_set());
}

bool equal(ycpp::Doc& doc, ycpp::Doc& other) { return covers(doc, other) && covers(other, doc); }

// One struct: a string behind the client's last unit, or first in the root (docs of Yjs update V1).
Bytes type_update(std::uint64_t client, std::uint64_t typed, std::size_t letters,
                  RandomSource& random) {
  Bytes out{1, 1};
  put_varint(out, client);
  put_varint(out, typed);
  if (typed == 0) {
    out.insert(out.end(), {0x04, 0x01, 0x01, 't'});
  } else {
    out.push_back(0x84);
    put_varint(out, client);
    put_varint(out, typed - 1);
  }
  put_varint(out, letters);
  for (std::size_t i = 0; i < letters; ++i) {
    out.push_back(static_cast<std::uint8_t>('a' + random.below(26)));
  }
  out.push_back(0);
  return out;
}

std::optional<Bytes> erase_update(ycpp::Doc& doc, RandomSource& random) {
  struct Known {
    std::uint64_t client;
    std::uint64_t units;
  };

  std::vector<Known> known;
  const ycpp::StateVector state = doc.state_vector();
  for (const auto& [client, clock] : state.entries()) {
    if (clock > 0) known.push_back({client.value(), clock});
  }
  if (known.empty()) return std::nullopt;
  const Known& chosen = known[random.below(known.size())];
  const std::uint64_t from = random.below(chosen.units);
  const std::uint64_t count = 1 + random.below(std::min<std::uint64_t>(chosen.units - from, 5));
  Bytes out{0, 1};
  put_varint(out, chosen.client);
  put_varint(out, 1);
  put_varint(out, from);
  put_varint(out, count);
  return out;
}

}  // namespace runnel::simulation
