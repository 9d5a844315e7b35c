/**
 * HaltedFleet: a shard of real processes that is halted by hand and lifted again, for the tests of
 * that.
 */
import { expect } from "bun:test";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { type HaltedJson, type RecomputedJson, signClear } from "../../src/client/halted-json.ts";
import { OperatorClient } from "../../src/client/operator.ts";
import { readConfig } from "../../src/edges/config-read.ts";
import { readKeyFile, type Signer } from "../../src/edges/keys.ts";
import type { ShardLog } from "../../src/edges/log.ts";
import { openLog } from "../../src/edges/open-log.ts";
import { FRAME_OPERATOR, SCOPES_TRADER } from "../../src/protocol/codes.ts";
import { encodeAccountState } from "../../src/protocol/commands.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { clob, type Said } from "../cli/capture.ts";
import { type KillFleet, until } from "../support/kill-fleet.ts";

const USD = 1;
export const TIMEOUT_MS = 60_000;

export function cli(fleet: KillFleet, ...words: string[]): Promise<Said> {
  const { ingress, settlement } = fleet.address;
  const where = ["--ingress", ingress, "--settlement", settlement, "--data", fleet.data];
  return clob([...words, ...where], fleet.env());
}

export function httpOf(fleet: KillFleet): HttpClient {
  const { ingress, settlement } = fleet.address;
  return new HttpClient({ settlement, ingress });
}

let reference = 0;

/** A deposit, as the simplest thing that a shard does: its outcome, or the name of the refusal. */
export async function deposit(fleet: KillFleet): Promise<string> {
  const operator = new OperatorClient(httpOf(fleet), fleet.operator);
  const terms = { asset: USD, account: 1, amount: 5, reference: ++reference };
  const kind = operator.deposit(terms).then((report) => String(report["kind"]));
  return kind.catch((error: Error & { code?: string }) => error.code ?? error.message);
}

/** What is said to a frame that asks nothing of settlement, which may know no keys yet. */
export async function anyFrame(fleet: KillFleet, key = 1): Promise<string> {
  const venue = Uint8Array.fromHex((await httpOf(fleet).status()).venue);
  const kind = FRAME_OPERATOR;
  const header = { kind, shard: 1, venue, account: 0, key, nonce: 1, expiry: 0 };
  const sign = (message: Uint8Array): Uint8Array => fleet.operator.sign(message);
  return post(fleet, signFrame(header, [encodeAccountState(1, 0)], sign));
}

export async function openAccount(fleet: KillFleet): Promise<void> {
  const isThere = async (): Promise<boolean> =>
    ((await httpOf(fleet).status()).shards[0]?.position ?? 0) > 0;
  await until(isThere, "settlement to have begun");
  const operator = new OperatorClient(httpOf(fleet), fleet.operator);
  await operator.openAccount(new Uint8Array(32).fill(9), { scopes: SCOPES_TRADER });
}

/** The log as a process of its own sees it that takes nobody's place. */
export async function onLog<T>(fleet: KillFleet, use: (log: ShardLog) => Promise<T>): Promise<T> {
  const flags = { data: fleet.data, "ingress-slot": "smuggler" };
  const read = readConfig({ env: fleet.env(), flags });
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  const log = await openLog(read.config, 1);
  try {
    return await use(log);
  } finally {
    await log.close();
  }
}

type Found = HaltedJson & { readonly recomputed: RecomputedJson };

/** What the status says of the halt, once the shard was executed again. */
export async function halted(fleet: KillFleet): Promise<Found> {
  const http = httpOf(fleet);
  let found: HaltedJson | null = null;
  await until(async () => {
    found = (await http.status()).shards[0]?.halted ?? null;
    return found?.recomputed !== null && found !== null;
  }, "the shard to be executed once more");
  return found as unknown as Found;
}

export async function clearFrame(
  fleet: KillFleet,
  change: Partial<RecomputedJson> = {},
  key?: Signer,
) {
  const { mark, recomputed } = await halted(fleet);
  const venue = Uint8Array.fromHex((await httpOf(fleet).status()).venue);
  const terms = { mark, recomputed: { ...recomputed, ...change } };
  return signClear({ venue, shard: 1 }, terms, key ?? fleet.operator);
}

/** Hands a frame in: the kind of its report, the name of its reject, or that of the refusal. */
export async function post(fleet: KillFleet, frame: Uint8Array): Promise<string> {
  try {
    const { reports } = await httpOf(fleet).postFrame(frame);
    return String(reports[0]?.["name"] ?? reports[0]?.["kind"]);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

async function fence(fleet: KillFleet, why: string): Promise<void> {
  const said = await cli(fleet, "admin", "fence", why);
  expect([said.code, said.err]).toEqual([0, ""]);
  // The running services notice, and their supervisor brings them back.
  for (const part of fleet.parts) {
    if (part === "matcher" && fleet.env()["CLOB_LOG"] === "embedded") continue;
    await until(() => !fleet.isAlive(part), `${part} to end: ${fleet.lastWords()}`, 8000);
    expect(fleet.saidNow(part)).toContain("is halted: by hand");
    fleet.begin(part);
  }
  await Promise.all(fleet.parts.map((part) => fleet.untilReady(part)));
}

export async function expectVerified(fleet: KillFleet, name: string): Promise<void> {
  const dir = join(fleet.dir, name);
  const tip = (await httpOf(fleet).status()).shards[0]?.position ?? 0;
  await until(async () => {
    const { shards } = await httpOf(fleet).status();
    return (shards[0]?.checkpoint?.position ?? 0) >= tip;
  }, "a checkpoint of all that was done");
  const exported = await cli(fleet, "export", dir);
  expect([exported.code, exported.err]).toEqual([0, ""]);
  for (const engine of ["fast", "naive"]) {
    const verified = await clob(["verify", dir, "--engine", engine], fleet.env());
    expect([engine, verified.code, verified.out.startsWith("yes")]).toEqual([engine, 0, true]);
  }
}

/** Fence, refusals, what does not lift it, what does, and that the old one lifts no later halt. */
export async function fencedAndCleared(fleet: KillFleet, halts = 2): Promise<void> {
  await openAccount(fleet);
  expect(await deposit(fleet)).toBe("deposited");
  await fence(fleet, "a drill");

  expect(await anyFrame(fleet)).toBe("halted");
  // Nor is a key called unknown that ingress may only not have read.
  expect(await anyFrame(fleet, 99)).toBe("halted");
  const { mark, recomputed } = await halted(fleet);
  expect(mark).toMatch(/^by hand, .*: a drill$/);
  expect(recomputed.wrong).toBe("");
  const status = await cli(fleet, "status");
  expect(status.out).toContain("may be lifted, see: clob admin clear");
  const shown = await cli(fleet, "admin", "clear");
  expect([shown.code, shown.out]).toEqual([0, expect.stringContaining(recomputed.chain)]);

  const carry = readKeyFile(join(fleet.data, "keys", "carry.pem"));
  const wrongChain = { chain: "11".repeat(32) };
  const refused = [
    await post(fleet, await clearFrame(fleet, {}, carry)),
    await post(fleet, await clearFrame(fleet, { position: recomputed.position - 1 })),
    // This one is in the log, and lifts nothing; nor does the next, whose nonce is used by now.
    await post(fleet, await clearFrame(fleet, wrongChain)),
  ];
  expect(refused).toEqual(["key_scope", "not_halted", "clear_chain"]);
  const again = await clearFrameAt(fleet, recomputed.position + 1);
  const { operators } = recomputed;
  expect(await post(fleet, await clearFrame(fleet, { operators }))).toBe("duplicate");
  expect(await anyFrame(fleet)).toBe("halted");
  expect(again.position).toBe(recomputed.position + 1);

  await clearFrameAt(fleet, recomputed.position + 2);
  const old = await clearFrame(fleet);
  await addReason(fleet, old);
  const cleared = await cli(fleet, "admin", "clear", "--yes");
  expect([cleared.out, cleared.code]).toEqual(["shard 1 is lifted, and goes on\n", 0]);
  await until(async () => (await deposit(fleet)) === "deposited", "the shard to go on");
  expect((await httpOf(fleet).status()).shards[0]?.halted).toBeNull();

  if (halts === 2) await fencedAgain(fleet, old);
  await expectVerified(fleet, "export");
}

/** What was found at that position, once settlement has come so far. */
async function clearFrameAt(fleet: KillFleet, position: number): Promise<RecomputedJson> {
  let found: RecomputedJson | null = null;
  await until(async () => {
    found = (await halted(fleet)).recomputed;
    return found.position === position;
  }, `the recomputation to reach ${position}`);
  return found as unknown as RecomputedJson;
}

/** A Clear of the drill alone is worth nothing from then on. */
async function addReason(fleet: KillFleet, old: Uint8Array): Promise<void> {
  const said = await cli(fleet, "admin", "fence", "no, it is real");
  expect([said.code, said.out]).toEqual([0, expect.stringContaining("it was halted before")]);
  expect(await post(fleet, old)).toBe("not_halted");
  const shown = await cli(fleet, "admin", "clear");
  const reasons = /for 2 reasons\n {2}- by hand, .*: a drill\n {2}- by hand, .*: no, it is real\n/;
  expect([shown.code, shown.out]).toEqual([0, expect.stringMatching(reasons)]);
}

async function fencedAgain(fleet: KillFleet, old: Uint8Array): Promise<void> {
  // Who has not seen the first one lifted stands by the second, and does not end.
  const isSeen = (): boolean => fleet.saidNow("settlement").includes("the halt is lifted");
  await until(isSeen, "settlement to go on");
  await fence(fleet, "another drill");
  expect(await post(fleet, old)).toBe("not_halted");
  expect(await anyFrame(fleet)).toBe("halted");
  expect((await cli(fleet, "admin", "clear", "--yes")).code).toBe(0);
  await until(async () => (await deposit(fleet)) === "deposited", "the shard to go on again");
}
