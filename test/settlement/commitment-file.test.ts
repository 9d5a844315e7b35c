/**
 * What a reader sees of a settlement that goes on publishing meanwhile.
 */
import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeCommitment } from "../../src/proofs/commitment.ts";
import { firstGoverning } from "../../src/protocol/governing.ts";
import { CommitmentFile, readPublished } from "../../src/settlement-plane/commitment-file.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-commitments-"));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Of the kind that C2SP notes are, as far as it is looked at: the size on the second line. */
const note = (size: number): Uint8Array => new TextEncoder().encode(`origin\n${size}\nroot\n`);
const HASH = new Uint8Array(32);

function commitment(position: number): Uint8Array {
  return encodeCommitment({
    shard: 1,
    governing: firstGoverning(1),
    directoryOrigin: 1,
    number: 0,
    position,
    logTime: position,
    inputRoot: HASH,
    reportChain: HASH,
    accountsRoot: HASH,
    marketsRoot: HASH,
    booksRoot: HASH,
    previous: HASH,
    arrivals: 0,
    directory: 0,
    totals: new Uint8Array(0),
    links: new Uint8Array(0),
  });
}

test("notes of two checkpoints are read again until they are of one", async () => {
  const file = new CommitmentFile(dir);
  file.add(0, commitment(5));
  file.writeNotes({ input: note(5), state: note(1) });
  expect((await readPublished(dir))?.entries).toHaveLength(1);
  file.add(1, commitment(9));
  // The disk takes its time between the two notes.
  writeFileSync(join(dir, "in.note"), note(9));
  const reading = readPublished(dir);
  await new Promise((resolve) => setTimeout(resolve, 200));
  writeFileSync(join(dir, "state.note"), note(2));
  expect((await reading)?.entries).toHaveLength(2);
  file.close();
});
