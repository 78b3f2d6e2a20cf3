// Applies an update that Yjs made and writes the document back.
#include <ycpp/doc/doc.h>

#include <cstdio>

int main() {
  const ycpp::Bytes update{1, 1, 1, 0, 4, 1, 1, 't', 2, 'a', 'b', 0};
  ycpp::Doc doc;
  if (!doc.apply_update(update)) return 1;
  const ycpp::StateVector state_vector = doc.state_vector();
  for (const auto& entry : state_vector.entries()) {
    std::printf("client %llu has written %llu units; as an update: ",
                static_cast<unsigned long long>(entry.client.value()),
                static_cast<unsigned long long>(entry.clock));
  }
  for (const std::uint8_t byte : doc.encode_state_as_update()) std::printf("%02x", byte);
  std::puts("");
}
