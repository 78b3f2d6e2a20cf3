// y-partykit draws its connection id from `crypto`, which Node 18 has but does not call by that name.
// Import it before the provider.
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto;
