// Signatures of crypto.h over OpenSSL's EVP interface. EVP knows ECDSA signatures as DER, JSON Web
// Signatures as r || s of 32 bytes each (RFC 7518, 3.4): the two are converted here.
#include "runnel/net/crypto.h"

#include "base/random_source.h"
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace runnel::net {

namespace {

constexpr int kRsaBitsMin = 2048;
constexpr std::size_t kEs256Half = 32;

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using ParamBuildPtr = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;
using CertificatePtr = std::unique_ptr<X509, Deleter<X509_free>>;

BioPtr bio_of(std::string_view text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<SignatureAlgorithm> algorithm_of(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      if (EVP_PKEY_get_bits(key) < kRsaBitsMin) {
        return fail(Errc::Invalid, "an RSA key needs at least 2048 bits");
      }
      return SignatureAlgorithm::Rs256;
    case EVP_PKEY_EC: {
      std::array<char, 64> group{};
      std::size_t size = 0;
      EVP_PKEY_get_group_name(key, group.data(), group.size(), &size);
      if (std::string_view(group.data(), size) != "prime256v1") {
        return fail(Errc::Invalid, "an EC key has to be on the curve P-256");
      }
      return SignatureAlgorithm::Es256;
    }
    case EVP_PKEY_ED25519:
      return SignatureAlgorithm::EdDsa;
    default:
      return fail(Errc::Invalid, "a key has to be RSA, P-256 or Ed25519");
  }
}

const EVP_MD* digest_of(SignatureAlgorithm algorithm) {
  return algorithm == SignatureAlgorithm::EdDsa ? nullptr : EVP_sha256();
}

std::optional<Bytes> der_from_raw(ByteView raw) {
  if (raw.size() != 2 * kEs256Half) return std::nullopt;
  const SignaturePtr signature(ECDSA_SIG_new());
  BignumPtr r(BN_bin2bn(raw.data(), kEs256Half, nullptr));
  BignumPtr s(BN_bin2bn(raw.data() + kEs256Half, kEs256Half, nullptr));
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return std::nullopt;
  // The signature owns both now.
  std::ignore = r.release();
  std::ignore = s.release();
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return std::nullopt;
  Bytes bytes(der, der + size);
  OPENSSL_free(der);
  return bytes;
}

std::optional<Bytes> raw_from_der(ByteView der) {
  const unsigned char* at = der.data();
  const SignaturePtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (signature == nullptr) return std::nullopt;
  Bytes raw(2 * kEs256Half);
  constexpr int kHalf = static_cast<int>(kEs256Half);
  const bool fits =
      BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), kHalf) == kHalf &&
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + kEs256Half, kHalf) == kHalf;
  if (!fits) return std::nullopt;
  return raw;
}

KeyPtr key_from_params(const char* type, OSSL_PARAM_BLD* build) {
  const ParamsPtr params(OSSL_PARAM_BLD_to_param(build));
  const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return KeyPtr(key);
}

KeyPtr rsa_from_jwk(const VerifyingKey::Jwk& jwk) {
  const std::optional<Bytes> modulus = base64url_decode(jwk.n);
  const std::optional<Bytes> exponent = base64url_decode(jwk.e);
  if (!modulus || !exponent || modulus->empty() || exponent->empty()) return nullptr;
  const BignumPtr n(BN_bin2bn(modulus->data(), static_cast<int>(modulus->size()), nullptr));
  const BignumPtr e(BN_bin2bn(exponent->data(), static_cast<int>(exponent->size()), nullptr));
  const ParamBuildPtr build(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  return key_from_params("RSA", build.get());
}

KeyPtr p256_from_jwk(const VerifyingKey::Jwk& jwk) {
  const std::optional<Bytes> x = base64url_decode(jwk.x);
  const std::optional<Bytes> y = base64url_decode(jwk.y);
  if (!x || !y || x->size() != kEs256Half || y->size() != kEs256Half) return nullptr;
  Bytes point{0x04};  // uncompressed (SEC 1, 2.3.3)
  point.insert(point.end(), x->begin(), x->end());
  point.insert(point.end(), y->begin(), y->end());
  const ParamBuildPtr build(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
  OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  return key_from_params("EC", build.get());
}

KeyPtr ed25519_from_jwk(const VerifyingKey::Jwk& jwk) {
  const std::optional<Bytes> x = base64url_decode(jwk.x);
  if (!x) return nullptr;
  return KeyPtr(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, x->data(), x->size()));
}

Bytes big_number(EVP_PKEY* key, const char* name, std::size_t size_min) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const BignumPtr number(raw);
  const int size = std::max(BN_num_bytes(raw), static_cast<int>(size_min));
  Bytes bytes(static_cast<std::size_t>(size));
  BN_bn2binpad(raw, bytes.data(), size);
  return bytes;
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

struct KeyImpl {
  SignatureAlgorithm algorithm{SignatureAlgorithm::Hs256};
  Bytes secret;  // HS256
  KeyPtr key;    // the others
};

namespace {

Result<std::shared_ptr<const KeyImpl>> impl_of_secret(ByteView secret) {
  if (secret.empty()) return fail(Errc::Invalid, "an HS256 secret must not be empty");
  auto impl = std::make_shared<KeyImpl>();
  impl->secret = to_bytes(secret);
  return impl;
}

Result<std::shared_ptr<const KeyImpl>> impl_of_key(KeyPtr key, std::string_view what) {
  ERR_clear_error();
  if (key == nullptr) return fail(Errc::Invalid, std::string(what));
  auto impl = std::make_shared<KeyImpl>();
  impl->algorithm = RUNNEL_TRY(algorithm_of(key.get()));
  impl->key = std::move(key);
  return impl;
}

}  // namespace

std::optional<SignatureAlgorithm> signature_algorithm(std::string_view jws_name) {
  if (jws_name == "HS256") return SignatureAlgorithm::Hs256;
  if (jws_name == "RS256") return SignatureAlgorithm::Rs256;
  if (jws_name == "ES256") return SignatureAlgorithm::Es256;
  if (jws_name == "EdDSA") return SignatureAlgorithm::EdDsa;
  return std::nullopt;
}

std::string_view jws_name(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::Hs256:
      return "HS256";
    case SignatureAlgorithm::Rs256:
      return "RS256";
    case SignatureAlgorithm::Es256:
      return "ES256";
    case SignatureAlgorithm::EdDsa:
      return "EdDSA";
  }
  return "";
}

Result<VerifyingKey> VerifyingKey::from_secret(ByteView secret) {
  return VerifyingKey(RUNNEL_TRY(impl_of_secret(secret)));
}

Result<VerifyingKey> VerifyingKey::from_pem(std::string_view pem) {
  KeyPtr key(PEM_read_bio_PUBKEY(bio_of(pem).get(), nullptr, nullptr, nullptr));
  if (key == nullptr) {
    const CertificatePtr certificate(
        PEM_read_bio_X509(bio_of(pem).get(), nullptr, nullptr, nullptr));
    if (certificate != nullptr) key.reset(X509_get_pubkey(certificate.get()));
  }
  return VerifyingKey(
      RUNNEL_TRY(impl_of_key(std::move(key), "a public key or certificate in PEM expected")));
}

Result<VerifyingKey> VerifyingKey::from_jwk(const Jwk& jwk) {
  if (jwk.kty == "oct") {
    const std::optional<Bytes> secret = base64url_decode(jwk.k);
    if (!secret) return fail(Errc::Invalid, "the member k of a JSON Web Key is not base64url");
    return from_secret(*secret);
  }
  KeyPtr key;
  if (jwk.kty == "RSA") {
    key = rsa_from_jwk(jwk);
  } else if (jwk.kty == "EC" && jwk.crv == "P-256") {
    key = p256_from_jwk(jwk);
  } else if (jwk.kty == "OKP" && jwk.crv == "Ed25519") {
    key = ed25519_from_jwk(jwk);
  } else {
    return fail(Errc::Invalid,
                "a JSON Web Key has to be RSA, EC on P-256, OKP with Ed25519, or oct");
  }
  return VerifyingKey(
      RUNNEL_TRY(impl_of_key(std::move(key), "the numbers of a JSON Web Key do not make a key")));
}

SignatureAlgorithm VerifyingKey::algorithm() const { return impl_->algorithm; }

bool VerifyingKey::verify(ByteView signed_bytes, ByteView signature) const {
  if (impl_->algorithm == SignatureAlgorithm::Hs256) {
    return equal_constant_time(hmac_sha256(impl_->secret, signed_bytes), signature);
  }
  Bytes der;
  if (impl_->algorithm == SignatureAlgorithm::Es256) {
    std::optional<Bytes> converted = der_from_raw(signature);
    if (!converted) return false;
    der = std::move(*converted);
    signature = der;
  }
  const DigestContextPtr context(EVP_MD_CTX_new());
  const bool is_valid = EVP_DigestVerifyInit(context.get(), nullptr, digest_of(impl_->algorithm),
                                             nullptr, impl_->key.get()) == 1 &&
                        EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                         signed_bytes.data(), signed_bytes.size()) == 1;
  ERR_clear_error();
  return is_valid;
}

Result<SigningKey> SigningKey::from_secret(ByteView secret) {
  return SigningKey(RUNNEL_TRY(impl_of_secret(secret)));
}

Result<SigningKey> SigningKey::from_pem(std::string_view pem) {
  KeyPtr key(PEM_read_bio_PrivateKey(bio_of(pem).get(), nullptr, nullptr, nullptr));
  return SigningKey(
      RUNNEL_TRY(impl_of_key(std::move(key), "a private key in PEM without passphrase expected")));
}

Result<SigningKey> SigningKey::generate(SignatureAlgorithm algorithm) {
  KeyPtr key;
  switch (algorithm) {
    case SignatureAlgorithm::Hs256: {
      SystemRandom random;
      return from_secret(as_bytes(random_token(random, 32)));
    }
    case SignatureAlgorithm::Rs256:
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{kRsaBitsMin}));
      break;
    case SignatureAlgorithm::Es256:
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
      break;
    case SignatureAlgorithm::EdDsa:
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
      break;
  }
  return SigningKey(RUNNEL_TRY(impl_of_key(std::move(key), "OpenSSL could not make a key")));
}

SignatureAlgorithm SigningKey::algorithm() const { return impl_->algorithm; }

Result<Bytes> SigningKey::sign(ByteView bytes) const {
  if (impl_->algorithm == SignatureAlgorithm::Hs256) {
    return to_bytes(hmac_sha256(impl_->secret, bytes));
  }
  const DigestContextPtr context(EVP_MD_CTX_new());
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(impl_->key.get()));
  Bytes signature(size);
  const bool is_signed =
      EVP_DigestSignInit(context.get(), nullptr, digest_of(impl_->algorithm), nullptr,
                         impl_->key.get()) == 1 &&
      EVP_DigestSign(context.get(), signature.data(), &size, bytes.data(), bytes.size()) == 1;
  ERR_clear_error();
  if (!is_signed) return fail(Errc::Unavailable, "OpenSSL could not sign");
  signature.resize(size);
  if (impl_->algorithm != SignatureAlgorithm::Es256) return signature;
  std::optional<Bytes> raw = raw_from_der(signature);
  if (!raw) return fail(Errc::Unavailable, "OpenSSL made a signature that is none");
  return std::move(*raw);
}

Result<std::string> SigningKey::public_pem() const {
  if (impl_->key == nullptr) return fail(Errc::Invalid, "an HS256 key has no public half");
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(bio.get(), impl_->key.get());
  return text_of(bio.get());
}

Result<std::string> SigningKey::private_pem() const {
  if (impl_->key == nullptr) return fail(Errc::Invalid, "an HS256 key has no PEM form");
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PrivateKey(bio.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio.get());
}

Result<VerifyingKey::Jwk> SigningKey::jwk() const {
  EVP_PKEY* const key = impl_->key.get();
  VerifyingKey::Jwk jwk;
  switch (impl_->algorithm) {
    case SignatureAlgorithm::Hs256:
      jwk.kty = "oct";
      jwk.k = base64url_encode(impl_->secret);
      break;
    case SignatureAlgorithm::Rs256:
      jwk.kty = "RSA";
      jwk.n = base64url_encode(big_number(key, OSSL_PKEY_PARAM_RSA_N, 0));
      jwk.e = base64url_encode(big_number(key, OSSL_PKEY_PARAM_RSA_E, 0));
      break;
    case SignatureAlgorithm::Es256:
      jwk.kty = "EC";
      jwk.crv = "P-256";
      jwk.x = base64url_encode(big_number(key, OSSL_PKEY_PARAM_EC_PUB_X, kEs256Half));
      jwk.y = base64url_encode(big_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, kEs256Half));
      break;
    case SignatureAlgorithm::EdDsa: {
      Bytes raw(32);
      std::size_t size = raw.size();
      if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1) {
        return fail(Errc::Unavailable, "OpenSSL could not give the public half of a key");
      }
      jwk.kty = "OKP";
      jwk.crv = "Ed25519";
      jwk.x = base64url_encode(raw);
      break;
    }
  }
  return jwk;
}

}  // namespace runnel::net
