// Hashes of crypto.h.
#include "runnel/net/crypto.h"

#include "base/check.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace runnel::net {

namespace {

template <std::size_t Size>
std::array<std::uint8_t, Size> digest(ByteView bytes, const EVP_MD* algorithm) {
  std::array<std::uint8_t, Size> out{};
  unsigned size = 0;
  const int done = EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, algorithm, nullptr);
  RUNNEL_CHECK(done == 1 && size == Size);
  return out;
}

}  // namespace

Digest sha256(ByteView bytes) { return digest<32>(bytes, EVP_sha256()); }

std::array<std::uint8_t, 20> sha1(ByteView bytes) { return digest<20>(bytes, EVP_sha1()); }

Digest hmac_sha256(ByteView key, ByteView bytes) {
  Digest out{};
  unsigned size = 0;
  // OpenSSL takes a null key for "the key of the last call".
  static constexpr std::uint8_t kNoKey = 0;
  const void* const key_data = key.empty() ? &kNoKey : key.data();
  const auto* const done = HMAC(EVP_sha256(), key_data, static_cast<int>(key.size()), bytes.data(),
                                bytes.size(), out.data(), &size);
  RUNNEL_CHECK(done != nullptr && size == out.size());
  return out;
}

bool equal_constant_time(ByteView left, ByteView right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace runnel::net
