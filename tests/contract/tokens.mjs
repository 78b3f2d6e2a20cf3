// Tokens as an application would mint them: the two-part HMAC token, and JSON Web Tokens.
import { createHmac, createPrivateKey, sign } from "node:crypto";

const base64url = (value) => Buffer.from(typeof value === "string" || Buffer.isBuffer(value) ? value : JSON.stringify(value)).toString("base64url");

/** `exp` in milliseconds. */
export function hmacToken(secret, claims) {
  const first = base64url(claims);
  return `${first}.${createHmac("sha256", secret).update(first).digest("base64url")}`;
}

const signers = {
  HS256: (key, data) => createHmac("sha256", key).update(data).digest(),
  RS256: (key, data) => sign("sha256", data, createPrivateKey(key)),
  ES256: (key, data) => sign("sha256", data, { key: createPrivateKey(key), dsaEncoding: "ieee-p1363" }),
  EdDSA: (key, data) => sign(null, data, createPrivateKey(key)),
};

/** `key`: a secret, or a private key in PEM; `exp` in seconds. */
export function jwt(alg, key, claims, kid) {
  const head = `${base64url({ alg, typ: "JWT", ...(kid ? { kid } : {}) })}.${base64url(claims)}`;
  return `${head}.${signers[alg](key, Buffer.from(head)).toString("base64url")}`;
}
