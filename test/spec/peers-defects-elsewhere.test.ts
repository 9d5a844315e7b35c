/**
 * Defects that users of other engines published which are none of the book's: where the right
 * answer is pinned here. A row is the defect, the test's file, and words of the test's name.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";

const ROWS: readonly (readonly [defect: string, file: string, words: string])[] = [
  [
    "Gajesh/clob 1, 29, coinbasepro-python 365: nothing is lost while nobody listens",
    "test/ingress/reports.test.ts",
    "hears all from any number on, without a gap",
  ],
  [
    "Gajesh/clob 2: a frame that comes twice is executed once",
    "test/ingress/reports.test.ts",
    "one frame sent by two connections is executed once",
  ],
  [
    "Gajesh/clob 7: a signature is for one venue and shard",
    "test/ingress/bad-input.test.ts",
    "another venue or shard is refused before the signature is looked at",
  ],
  [
    "Gajesh/clob 8: a length of four gigabytes reserves nothing",
    "test/protocol/soup.test.ts",
    "a length that no packet has",
  ],
  [
    "Gajesh/clob 9: every door knows every key, after a restart too",
    "test/e2e/recover.test.ts",
    "ingress knows every key of the log before it lets anybody in",
  ],
  [
    "Gajesh/clob 10: deposits and accounts need an operator's key",
    "test/spec/keys.test.ts",
    "operators have theirs",
  ],
  [
    "Gajesh/clob 11: what waits is bounded",
    "test/ingress/matcher-away.test.ts",
    "a bounded number of records waits for a matcher that is away",
  ],
  [
    "Gajesh/clob 20: who verifies checks every signature",
    "test/verifier/tamper.test.ts",
    "forges an order: with the checkpoint key even, the signature gives it away",
  ],
  [
    "Gajesh/clob 22, 26: a checkpoint says its height, and is signed",
    "test/proofs/checkpoint-note.test.ts",
    "signed by us opens for its origin and key only",
  ],
  [
    "Gajesh/clob 25: leaves and nodes are hashed apart",
    "test/proofs/trie-proof.test.ts",
    "cannot pass off a node as a leaf",
  ],
  [
    "Gajesh/clob 25: a proof holds for one leaf at one place",
    "test/proofs/merkle-proof.test.ts",
    "an inclusion proof is refused for every other leaf and index",
  ],
  [
    "actor-ts 931, oven-sh/bun 16076: a write that was taken in part goes on",
    "test/ingress/slow-reader.test.ts",
    "for a while only is served on, without a gap",
  ],
  [
    "binance-java-api 55: an outcome that is not known is called so",
    "test/client/client-faults.test.ts",
    "and the outcome unknown, not failed",
  ],
  [
    "ccxt 29492, nautilus 2075: a book is shown as of a position, with a checksum",
    "test/http/settlement-markets.test.ts",
    "shows what is open, best first, as of a position, and its checksum",
  ],
  [
    "exchange-core 54, 63: another process may send frames over HTTP",
    "test/http/ingress-frames.test.ts",
    "for its signature or key: 401, and the log stays untouched",
  ],
];

const root = join(import.meta.dir, "..", "..");

test.each(ROWS)("%s: %s", async (_defect, file, words) => {
  expect(await Bun.file(join(root, file)).text()).toContain(words);
});
