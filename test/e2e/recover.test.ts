/**
 * Starts that find less than the last process knew: no reports yet of what is in the log, or an
 * `ex` that a power loss has shortened.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { readConfig } from "../../src/edges/config-read.ts";
import { openLog } from "../../src/edges/open-log.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { ShardDoor } from "../../src/ingress-verifier/shard-door.ts";
import { openShard } from "../../src/service/open-shards.ts";
import { audit } from "../support/kill-audit.ts";
import { KillFleet, until } from "../support/kill-fleet.ts";
import { writeKillFlow } from "../support/kill-flow.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-recover-"));
const flow = join(dir, "flow.bin");
const TICK = new Uint8Array(0);
const SEGMENT_HEADER_AND_SOME = 4096;

beforeAll(() => writeKillFlow(flow, 13, 300));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function replay(fleet: KillFleet): Promise<void> {
  const { host, port, ingress, settlement } = fleet.address;
  const operator = join(fleet.data, "keys", "operator.pem");
  const flags = { tcp: `${host}:${port}`, ingress, settlement, operator };
  const texts = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  const args = ["src/load/main.ts", "replay", flow, "--keep-book", ...texts];
  if ((await fleet.run("replay", args, false)) !== 0) throw new Error(fleet.said("replay"));
}

test("what a power loss takes from ex is made again, and settlement waits for it", async () => {
  await using fleet = await KillFleet.start({ services: "one" });
  await replay(fleet);
  const http = new HttpClient({ settlement: fleet.address.settlement });
  const position = async (): Promise<number> => (await http.status()).shards[0]?.position ?? 0;
  const before = await position();
  expect(await fleet.terminate("venue")).toBe(0);
  const shard = join(fleet.data, "shard-1");
  const [segment] = readdirSync(shard).filter((name) => name.startsWith("ex-"));
  truncateSync(join(shard, segment!), SEGMENT_HEADER_AND_SOME);

  await fleet.launch("venue");
  await until(async () => (await position()) > before, "settlement to go on");
  const isCommitted = async (): Promise<boolean> =>
    (await http.status()).shards[0]?.checkpoint !== null;
  await until(isCommitted, "a checkpoint, without which there is no export");
  expect(await fleet.terminate("venue")).toBe(0);
  const { verdict, matcher, settlement, tip } = await audit(fleet);
  expect(verdict).toMatchObject({ ok: true, isPinned: true });
  expect(matcher.position).toBe(tip);
  expect([matcher.roots, settlement.roots]).toEqual([matcher.recomputed, settlement.recomputed]);
}, 60_000);

test("ingress knows every key of the log before it lets anybody in", async () => {
  await using fleet = await KillFleet.start({ services: "one" });
  expect(await fleet.terminate("venue")).toBe(0);
  const read = readConfig({ env: fleet.env(), flags: { data: fleet.data } });
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  const { config } = read;
  const log = await openLog(config, 1);
  const shard = await openShard(config, log);
  const writer = await log.openInputWriter();
  await writer.append([TICK]);
  const { fast: verifier } = await openVerifiers();
  const door = new ShardDoor({
    ...shard,
    readHalt: () => log.halted(),
    verifier,
    writer,
    openExecutionReader: () => log.openExecutionReader(),
    limits: { ...config.limits, packBytesMax: config.log.packBytesMax },
    onFull: () => undefined,
    recoverLoss: (loss) => Promise.reject(loss),
    onFault: (fault) => {
      throw fault;
    },
  });
  let isDone = false;
  const recovering = door.recover(writer.tip(), new AbortController().signal).then(() => {
    isDone = true;
    return isDone;
  });
  // The matcher writes what it wrote before, and nothing is known of the tick.
  const executions = await log.openExecutionWriter();
  await until(() => door.followed === executions.tip(), "the door to follow what there is");
  expect([door.followed, isDone]).toEqual([writer.tip() - 1, false]);
  await executions.close();

  fleet.begin("venue");
  expect(await fleet.exitOf("venue")).toBe(1);
  await writer.close();
  await fleet.launch("venue");
  expect(await recovering).toBe(true);
  expect(door.followed).toBeGreaterThanOrEqual(writer.tip());
  await log.close();
}, 60_000);
