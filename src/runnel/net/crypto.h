// Hashes, signatures and their encodings, so that OpenSSL stays inside net/. Pure functions, any
// thread.
#pragma once

#include "base/bytes.h"
#include "base/random_source.h"
#include "base/result.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace runnel::net {

using Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Digest sha256(ByteView bytes);

// Only for the WebSocket handshake, which demands it (RFC 6455, 1.3).
[[nodiscard]] std::array<std::uint8_t, 20> sha1(ByteView bytes);

[[nodiscard]] Digest hmac_sha256(ByteView key, ByteView bytes);

// Whether both are the same, in a time that depends on their lengths only.
[[nodiscard]] bool equal_constant_time(ByteView left, ByteView right);

[[nodiscard]] std::string to_hex(ByteView bytes);  // lower case
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

// RFC 4648. Decoders are strict: no white space, exact padding (base64) or none (base64url), and
// the unused bits of the last character are zero.
[[nodiscard]] std::string base64_encode(ByteView bytes);
[[nodiscard]] std::optional<Bytes> base64_decode(std::string_view text);
[[nodiscard]] std::string base64url_encode(ByteView bytes);
[[nodiscard]] std::optional<Bytes> base64url_decode(std::string_view text);

// `bytes` random bytes as base64url: 24 give 32 characters.
[[nodiscard]] std::string random_token(RandomSource& random, std::size_t bytes = 24);

// The algorithms of JSON Web Signatures (RFC 7518, RFC 8037) that Runnel accepts.
enum class SignatureAlgorithm : std::uint8_t { Hs256, Rs256, Es256, EdDsa };

[[nodiscard]] std::optional<SignatureAlgorithm> signature_algorithm(std::string_view jws_name);
[[nodiscard]] std::string_view jws_name(SignatureAlgorithm algorithm);

struct KeyImpl;

// A key bound to the one algorithm it may be used with, so that a token cannot choose another
// (RFC 8725, 3.1). Immutable, shared by copies.
class VerifyingKey {
 public:
  // HS256; the secret is at least one byte.
  static Result<VerifyingKey> from_secret(ByteView secret);

  // A PEM public key or certificate: RSA (at least 2048 bits) is RS256, P-256 is ES256, Ed25519 is
  // EdDSA.
  static Result<VerifyingKey> from_pem(std::string_view pem);

  // The members of a JSON Web Key as they stand in the JSON: base64url text.
  struct Jwk {
    std::string kty;  // "RSA", "EC", "OKP", "oct"
    std::string crv;  // "P-256", "Ed25519"
    std::string n;
    std::string e;
    std::string x;
    std::string y;
    std::string k;
  };

  static Result<VerifyingKey> from_jwk(const Jwk& jwk);

  [[nodiscard]] SignatureAlgorithm algorithm() const;

  // Whether `signature` (as in a JWS; ES256: r || s, 64 bytes) is this key's for `signed_bytes`.
  [[nodiscard]] bool verify(ByteView signed_bytes, ByteView signature) const;

 private:
  explicit VerifyingKey(std::shared_ptr<const KeyImpl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<const KeyImpl> impl_;
};

// A private key; tests and `runnel token mint` sign with it.
class SigningKey {
 public:
  static Result<SigningKey> from_secret(ByteView secret);
  static Result<SigningKey> from_pem(std::string_view pem);

  // A new key: RSA 2048, P-256 or Ed25519, or 32 random bytes.
  static Result<SigningKey> generate(SignatureAlgorithm algorithm);

  [[nodiscard]] SignatureAlgorithm algorithm() const;
  [[nodiscard]] Result<Bytes> sign(ByteView bytes) const;

  // PEM of the public half; an error for HS256, which has none.
  [[nodiscard]] Result<std::string> public_pem() const;

  // PEM (PKCS#8) of the key itself; an error for HS256.
  [[nodiscard]] Result<std::string> private_pem() const;

  // The public half as a JSON Web Key (of HS256 the secret).
  [[nodiscard]] Result<VerifyingKey::Jwk> jwk() const;

 private:
  explicit SigningKey(std::shared_ptr<const KeyImpl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<const KeyImpl> impl_;
};

}  // namespace runnel::net
