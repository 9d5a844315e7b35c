/**
 * Public vectors: every verifier gives the answers that DESIGN section 5 counts out.
 *
 * Wycheproof, speccheck and CCTV are read from the folder beside the project where it is present;
 * the five signatures of RFC 8032 section 7.1 are committed here.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { signerFromSeed } from "../../src/edges/keys.ts";
import { type SignatureVerifier, openVerifiers } from "../../src/edges/verify.ts";
import { sharedDir } from "../support/shared-dir.ts";
import rfc8032 from "./rfc8032-section-7-1.json";

const shared = sharedDir();
const verifiers: readonly SignatureVerifier[] = Object.values(await openVerifiers());

/** A file of fixed content: a wrong shape breaks the test that reads it. */
async function vectors<T>(name: string): Promise<T> {
  return (await Bun.file(join(shared!, "vectors", name)).json()) as T;
}

test("the verifiers are those we know, so that a new one meets every test here", () => {
  expect(verifiers.map((one) => one.name)).toEqual(["libsodium", "boringssl"]);
});

describe("RFC 8032, section 7.1", () => {
  test.each(rfc8032)("test $test: key, signature and verdict", (row) => {
    const [message, signature] = [bytesOf(row.message), bytesOf(row.signature)];
    const signer = signerFromSeed(bytesOf(row.seed));
    expect(signer.publicKey.toHex()).toEqual(row.public_key);
    expect(signer.sign(message).toHex()).toEqual(row.signature);
    for (const verifier of verifiers) {
      expect(verifier.verify(message, signature, signer.publicKey)).toBe(true);
    }
  });
});

describe.skipIf(shared === null).each(verifiers)("$name", (verifier) => {
  test("agrees with Wycheproof on all 151", async () => {
    interface Group {
      publicKey: { pk: string };
      tests: { tcId: number; msg: string; sig: string; result: string }[];
    }
    const { testGroups } = await vectors<{ testGroups: Group[] }>("wycheproof-ed25519.json");
    const rows = testGroups.flatMap((group) =>
      group.tests.map(({ tcId, msg, sig, result }) => {
        const key = bytesOf(group.publicKey.pk);
        return { tcId, wanted: result === "valid", message: bytesOf(msg), sig: bytesOf(sig), key };
      }),
    );
    expect(rows.length).toBe(151);
    const wrong = rows.filter((r) => verifier.verify(r.message, r.sig, r.key) !== r.wanted);
    expect(wrong.map((row) => row.tcId)).toEqual([]);
  });

  test("accepts only number 3 of speccheck's 12", async () => {
    interface Row {
      message: string;
      pub_key: string;
      signature: string;
    }
    const rows = await vectors<Row[]>("speccheck-cases.json");
    const verdicts = rows.map((row) =>
      verifier.verify(bytesOf(row.message), bytesOf(row.signature), bytesOf(row.pub_key)),
    );
    expect(verdicts).toEqual(Array.from({ length: 12 }, (_, i) => i === 3));
  });

  test("accepts exactly the 43 of CCTV's 914 that carry no forbidden flag", async () => {
    interface Row {
      number: number;
      key: string;
      sig: string;
      msg: string;
      flags: string[] | null;
    }
    const forbidden = /^(low_order_A|low_order_R|low_order_residue|non_canonical_.*)$/;
    const rows = await vectors<Row[]>("cctv-ed25519.json");
    const wanted = rows.filter((row) => !row.flags?.some((flag) => forbidden.test(flag)));
    const accepted = rows.filter((row) =>
      verifier.verify(new TextEncoder().encode(row.msg), bytesOf(row.sig), bytesOf(row.key)),
    );
    expect([rows.length, accepted.length]).toEqual([914, 43]);
    expect(accepted.map((row) => row.number)).toEqual(wanted.map((row) => row.number));
  });
});

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex);
}
