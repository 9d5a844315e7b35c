/**
 * Edge cases and random ones: the verifiers never differ, and the filter in front of BoringSSL says
 * of each case what bigint arithmetic said when the cases were made.
 *
 * Some rules of the filter cannot show in a verdict (no one can make a signature that holds but for
 * them, or BoringSSL has the rule too), so the filter is asked by itself as well.
 */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { signerFromSeed } from "../../src/edges/keys.ts";
import {
  PREPARED_KEYS_MAX,
  PUBLIC_KEY_SIZE,
  PreparedKeys,
  SIGNATURE_SIZE,
  type SignatureVerifier,
  isStrict,
  openVerifiers,
} from "../../src/edges/verify.ts";
import cases from "./ed25519-edge-cases.json";

const verifiers: readonly SignatureVerifier[] = Object.values(await openVerifiers());

const rows = cases.map((row) => ({
  ...row,
  message: Uint8Array.fromHex(row.message),
  signature: Uint8Array.fromHex(row.signature),
  publicKey: Uint8Array.fromHex(row.public_key),
}));

describe("edge cases", () => {
  test("there are several hundred, both verdicts among them", () => {
    const accepted = cases.filter((row) => row.accepted).length;
    expect([cases.length, accepted]).toEqual([814, 52]);
  });

  test.each(verifiers)("$name gives libsodium's recorded verdict on each", (one) => {
    const wrong = rows.filter(
      (r) => one.verify(r.message, r.signature, r.publicKey) !== r.accepted,
    );
    expect(wrong.map((row) => row.name)).toEqual([]);
  });

  test("the filter says what arithmetic says", () => {
    const whole = rows.filter(
      (row) => row.signature.length === SIGNATURE_SIZE && row.publicKey.length === PUBLIC_KEY_SIZE,
    );
    const wrong = whole.filter((row) => isStrict(row.signature, row.publicKey) !== row.strict);
    expect(wrong.map((row) => row.name)).toEqual([]);
  });

  test.each(verifiers)("$name reads bytes at any offset, shared memory too", (one) => {
    const good = rows.find((row) => row.accepted && row.message.length === 200)!;
    const [message, signature] = [moved(good.message), moved(good.signature)];
    expect(one.verify(message, signature, moved(good.publicKey))).toBe(true);
    message[199]! ^= 1;
    expect(one.verify(message, signature, moved(good.publicKey))).toBe(false);
  });
});

describe("random cases", () => {
  const random = new Prng(0xed25519);
  const signers = Array.from({ length: 16 }, () => signerFromSeed(random.bytes(32)));

  /** A good signature, harmed in one of several ways most of the time. */
  function draw(): { message: Uint8Array; signature: Uint8Array; publicKey: Uint8Array } {
    const signer = random.pick(signers);
    const message = random.bytes(random.below(260));
    const [signature, publicKey] = [signer.sign(message), signer.publicKey.slice()];
    const harmed = random.pick([message, signature, publicKey]);
    const harm = random.below(5);
    if (harm === 1 && harmed.length > 0)
      harmed[random.below(harmed.length)]! ^= 1 << random.below(8);
    if (harm === 2) signature.set(random.bytes(64));
    if (harm === 3) publicKey.set(random.pick(rows.filter(isWhole)).publicKey);
    if (harm === 4) signature.set(random.pick(rows.filter(isWhole)).signature.subarray(0, 32));
    return { message, signature, publicKey };
  }

  test("the verifiers agree on 3,000", () => {
    let accepted = 0;
    const verdicts: string[] = [];
    for (let i = 0; i < 3000; i++) {
      const { message, signature, publicKey } = draw();
      const said = verifiers.map((one) => one.verify(message, signature, publicKey));
      if (said[0]!) accepted++;
      if (new Set(said).size > 1) verdicts.push(`${i}: ${said.join(" ")} ${signature.toHex()}`);
    }
    expect(verdicts).toEqual([]);
    expect(accepted).toBeGreaterThan(300);
    expect(accepted).toBeLessThan(2700);
  });
});

test("prepared keys are kept, bounded in number, the oldest going first", () => {
  const keys = new PreparedKeys();
  const [first, second] = [keys.get(numbered(0)), keys.get(numbered(1))];
  for (let n = 2; n <= PREPARED_KEYS_MAX; n++) keys.get(numbered(n));
  expect(keys.size).toBe(PREPARED_KEYS_MAX);
  expect(keys.get(numbered(1)) === second).toBe(true);
  expect(keys.get(numbered(0)) === first).toBe(false);
  expect(keys.size).toBe(PREPARED_KEYS_MAX);
});

function isWhole(row: { signature: Uint8Array; publicKey: Uint8Array }): boolean {
  return row.signature.length === SIGNATURE_SIZE && row.publicKey.length === PUBLIC_KEY_SIZE;
}

/** The same bytes, in shared memory and not at its beginning. */
function moved(bytes: Uint8Array): Uint8Array {
  const within = new Uint8Array(new SharedArrayBuffer(bytes.length + 16), 7, bytes.length);
  within.set(bytes);
  return within;
}

function numbered(n: number): Uint8Array {
  const key = new Uint8Array(PUBLIC_KEY_SIZE);
  new DataView(key.buffer).setUint32(0, n, true);
  return key;
}
