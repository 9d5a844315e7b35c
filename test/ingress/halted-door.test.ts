/** What the door of a halted shard takes, and how it refuses all else. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openVerifiers } from "../../src/edges/verify.ts";
import { ShardDoor } from "../../src/ingress-verifier/shard-door.ts";
import { submit } from "../../src/ingress-verifier/submission.ts";
import * as codes from "../../src/protocol/codes.ts";
import { CuredVenue, P, TAIL } from "../upgrade/cured-venue.ts";
import { DOOR } from "./stand.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-halted-door-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function doorOf(venue: CuredVenue): Promise<ShardDoor> {
  const { log, store } = venue;
  const writer = await log.openInputWriter();
  const door = new ShardDoor({
    genesis: venue.genesis,
    venue: venue.venue,
    halted: store.halted,
    readHalt: () => log.halted(),
    verifier: (await openVerifiers()).fast,
    writer,
    openExecutionReader: () => log.openExecutionReader(),
    recoverLoss: (loss) => Promise.reject(loss),
    limits: DOOR,
    onFull: () => undefined,
    onFault: (fault) => {
      throw fault;
    },
  });
  await door.recover(writer.tip(), new AbortController().signal);
  return door;
}

test("takes the cure of a record that was not published, and refuses all else", async () => {
  const venue = await CuredVenue.halted(join(dir, "venue"));
  const door = await doorOf(venue);
  expect(door.followed).toBe(P - 1);
  const said = async (frame: Uint8Array): Promise<number> => (await submit(door, frame, 50)).code;
  expect(await said(venue.withdraw(1, 1))).toBe(codes.REJECT_HALTED);
  expect(await said(venue.upgradeWithoutScope(2, P))).toBe(codes.REJECT_KEY_SCOPE);
  const stranger = venue.upgradeAs({ version: 2, from: P }, 40, CuredVenue.stranger);
  expect(await said(stranger)).toBe(codes.REJECT_SIGNATURE);
  expect(await said(venue.upgrade(2, P - 1))).toBe(codes.REJECT_UPGRADE_POSITION);
  expect(await said(venue.upgrade(2, TAIL + 1))).toBe(codes.REJECT_HALTED);
  expect(venue.store.streams.in.tip()).toBe(TAIL);

  // Nobody executes it before the halt is lifted.
  expect(await said(venue.upgrade(2, P))).toBe(codes.REJECT_UNKNOWN_OUTCOME);
  expect(venue.store.streams.in.tip()).toBe(TAIL + 1);
  const found = await venue.recomputed();
  expect([found.position, found.wrong]).toEqual([TAIL + 1, ""]);
});

test("takes none once the halt is lifted behind its back", async () => {
  const venue = await CuredVenue.halted(join(dir, "lifted"));
  const door = await doorOf(venue);
  venue.store.halted = null;
  const { code } = await submit(door, venue.upgrade(2, P), 50);
  expect(code).toBe(codes.REJECT_HALTED);
  expect(venue.store.streams.in.tip()).toBe(TAIL);
});
