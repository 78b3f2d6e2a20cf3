// Vectors of the RFCs, strictness of the encodings, and keys that sign and verify each other.
#include "runnel/net/crypto.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace runnel::net {
namespace {

std::string hex(ByteView bytes) { return to_hex(bytes); }

TEST(Sha256, MatchesFips180) {
  EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(HmacSha256, MatchesRfc4231) {
  EXPECT_EQ(hex(hmac_sha256(Bytes(20, 0x0b), as_bytes("Hi There"))),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(Bytes(131, 0xaa),
                            as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex(hmac_sha256({}, {})),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(EqualConstantTime, ComparesLengthAndEveryByte) {
  EXPECT_TRUE(equal_constant_time(as_bytes("secret"), as_bytes("secret")));
  EXPECT_FALSE(equal_constant_time(as_bytes("secret"), as_bytes("secreT")));
  EXPECT_FALSE(equal_constant_time(as_bytes("secret"), as_bytes("secret1")));
  EXPECT_TRUE(equal_constant_time({}, {}));
}

TEST(Base64, MatchesRfc4648) {
  const std::vector<std::pair<std::string, std::string>> vectors{{"", ""},
                                                                 {"f", "Zg=="},
                                                                 {"fo", "Zm8="},
                                                                 {"foo", "Zm9v"},
                                                                 {"foob", "Zm9vYg=="},
                                                                 {"fooba", "Zm9vYmE="},
                                                                 {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, encoded] : vectors) {
    EXPECT_EQ(base64_encode(as_bytes(plain)), encoded);
    EXPECT_EQ(base64_decode(encoded), to_bytes(plain));
    const std::string bare = encoded.substr(0, encoded.find('='));
    EXPECT_EQ(base64url_encode(as_bytes(plain)), bare);
    EXPECT_EQ(base64url_decode(bare), to_bytes(plain));
  }
  EXPECT_EQ(base64_encode(Bytes{0xFB, 0xFF}), "+/8=");
  EXPECT_EQ(base64url_encode(Bytes{0xFB, 0xFF}), "-_8");
}

TEST(Base64, TakesEachValueInOneSpellingOnly) {
  for (const char* wrong : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z", "Zm 9v", "Zm9v\n",
                            "-_8=", "====", "=", "Zg==Zg=="}) {
    EXPECT_FALSE(base64_decode(wrong)) << wrong;
  }
  for (const char* wrong : {"Zg==", "Zh", "Zm9", "Z", "+/8", "Zm9v "}) {
    EXPECT_FALSE(base64url_decode(wrong)) << wrong;
  }
}

TEST(Hex, ReadsBothCasesAndNothingElse) {
  EXPECT_EQ(from_hex("00fFA1"), (Bytes{0x00, 0xFF, 0xA1}));
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(RandomToken, HasTheLengthThatItWasAskedFor) {
  SeededRandom random(1);
  const std::string first = random_token(random);
  EXPECT_EQ(first.size(), 32U);
  EXPECT_NE(first, random_token(random));
  EXPECT_EQ(base64url_decode(random_token(random, 17))->size(), 17U);
}

struct Vector {
  VerifyingKey::Jwk jwk;
  std::string signed_text;
  std::string signature;
  SignatureAlgorithm algorithm;
};

constexpr std::string_view kJoe =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";

// RFC 7515, appendix A.1 to A.3; RFC 8037, appendix A.4.
std::vector<Vector> vectors() {
  std::vector<Vector> all(4);
  all[0].jwk.kty = "oct";
  all[0].jwk.k =
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
  all[0].signed_text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + std::string(kJoe);
  all[0].signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  all[0].algorithm = SignatureAlgorithm::Hs256;
  all[1].jwk.kty = "RSA";
  all[1].jwk.n =
      "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4"
      "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re"
      "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX"
      "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
  all[1].jwk.e = "AQAB";
  all[1].signed_text = "eyJhbGciOiJSUzI1NiJ9." + std::string(kJoe);
  all[1].signature =
      "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
      "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
      "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
      "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
  all[1].algorithm = SignatureAlgorithm::Rs256;
  all[2].jwk.kty = "EC";
  all[2].jwk.crv = "P-256";
  all[2].jwk.x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
  all[2].jwk.y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
  all[2].signed_text = "eyJhbGciOiJFUzI1NiJ9." + std::string(kJoe);
  all[2].signature =
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  all[2].algorithm = SignatureAlgorithm::Es256;
  all[3].jwk.kty = "OKP";
  all[3].jwk.crv = "Ed25519";
  all[3].jwk.x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
  all[3].signed_text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  all[3].signature =
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
  all[3].algorithm = SignatureAlgorithm::EdDsa;
  return all;
}

TEST(VerifyingKey, AcceptsTheSignaturesOfTheRfcs) {
  for (const Vector& vector : vectors()) {
    const auto key = VerifyingKey::from_jwk(vector.jwk);
    ASSERT_TRUE(key.has_value()) << vector.jwk.kty;
    EXPECT_EQ(key->algorithm(), vector.algorithm);
    EXPECT_TRUE(key->verify(as_bytes(vector.signed_text), *base64url_decode(vector.signature)))
        << vector.jwk.kty;
  }
}

TEST(VerifyingKey, RefusesEveryBitThatIsChanged) {
  for (const Vector& vector : vectors()) {
    const auto key = VerifyingKey::from_jwk(vector.jwk);
    ASSERT_TRUE(key.has_value());
    const Bytes signature = *base64url_decode(vector.signature);
    for (std::size_t at = 0; at < signature.size(); at += 7) {
      Bytes changed = signature;
      changed[at] ^= 0x10;
      EXPECT_FALSE(key->verify(as_bytes(vector.signed_text), changed)) << at;
    }
    EXPECT_FALSE(key->verify(as_bytes(vector.signed_text + "x"), signature));
    EXPECT_FALSE(key->verify(as_bytes(vector.signed_text), {}));
    EXPECT_FALSE(
        key->verify(as_bytes(vector.signed_text), ByteView(signature).first(signature.size() - 1)));
  }
}

TEST(SigningKey, SignsWhatItsPublicHalfVerifiesInEveryForm) {
  for (const SignatureAlgorithm algorithm :
       {SignatureAlgorithm::Hs256, SignatureAlgorithm::Rs256, SignatureAlgorithm::Es256,
        SignatureAlgorithm::EdDsa}) {
    const auto key = SigningKey::generate(algorithm);
    ASSERT_TRUE(key.has_value());
    EXPECT_EQ(key->algorithm(), algorithm);
    const auto signature = key->sign(as_bytes("message"));
    ASSERT_TRUE(signature.has_value());
    const auto from_jwk = VerifyingKey::from_jwk(key->jwk().value());
    ASSERT_TRUE(from_jwk.has_value());
    EXPECT_TRUE(from_jwk->verify(as_bytes("message"), *signature));
    EXPECT_FALSE(from_jwk->verify(as_bytes("another"), *signature));
    if (algorithm == SignatureAlgorithm::Hs256) {
      EXPECT_FALSE(key->public_pem().has_value());
      continue;
    }
    const auto from_pem = VerifyingKey::from_pem(key->public_pem().value());
    ASSERT_TRUE(from_pem.has_value());
    EXPECT_TRUE(from_pem->verify(as_bytes("message"), *signature));
    const auto again = SigningKey::from_pem(key->private_pem().value());
    ASSERT_TRUE(again.has_value());
    EXPECT_TRUE(from_pem->verify(as_bytes("twice"), again->sign(as_bytes("twice")).value()));
  }
}

TEST(SigningKey, Es256SignaturesHave64Bytes) {
  const auto key = SigningKey::generate(SignatureAlgorithm::Es256);
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(key->sign(as_bytes(std::to_string(i)))->size(), 64U);
  }
}

TEST(VerifyingKey, RefusesKeysThatAreNone) {
  EXPECT_FALSE(VerifyingKey::from_secret({}).has_value());
  EXPECT_FALSE(VerifyingKey::from_pem("no PEM").has_value());
  VerifyingKey::Jwk off_the_curve = vectors()[2].jwk;
  off_the_curve.y = off_the_curve.x;
  EXPECT_FALSE(VerifyingKey::from_jwk(off_the_curve).has_value());
  VerifyingKey::Jwk small = vectors()[1].jwk;
  small.n = base64url_encode(Bytes(128, 0xC1));
  EXPECT_FALSE(VerifyingKey::from_jwk(small).has_value());
  EXPECT_FALSE(VerifyingKey::from_jwk({}).has_value());
}

TEST(SignatureAlgorithm, HasItsNameOfRfc7518) {
  for (const char* name : {"HS256", "RS256", "ES256", "EdDSA"}) {
    EXPECT_EQ(jws_name(signature_algorithm(name).value()), name);
  }
  EXPECT_FALSE(signature_algorithm("none"));
  EXPECT_FALSE(signature_algorithm("hs256"));
}

}  // namespace
}  // namespace runnel::net
