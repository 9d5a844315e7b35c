/** Ed25519 by the test's own hand, so that notes are judged by another library than ours. */
import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import type { Sign, Verify } from "../../src/proofs/signed-note.ts";

const PKCS8_BEFORE_SEED = "302e020100300506032b657004220420";
const SPKI_BEFORE_KEY = "302a300506032b6570032100";

export function publicKeyOf(seed: Uint8Array): Uint8Array {
  const spki = createPublicKey(privateKey(seed)).export({ format: "der", type: "spki" });
  return Uint8Array.from(spki.subarray(-32));
}

export function signWith(seed: Uint8Array): Sign {
  return (message) => Uint8Array.from(sign(null, message, privateKey(seed)));
}

export const verifyEd25519: Verify = (message, signature, publicKey) => {
  const der = Buffer.concat([Buffer.from(SPKI_BEFORE_KEY, "hex"), publicKey]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  return verify(null, message, key, signature);
};

function privateKey(seed: Uint8Array) {
  const der = Buffer.concat([Buffer.from(PKCS8_BEFORE_SEED, "hex"), seed]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}
