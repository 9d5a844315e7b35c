/**
 * A replay that is interrupted goes on from its own record, and its report stream is the same as if
 * nothing had happened. The 20 random moments are test/e2e/kills*; here is each way once.
 */
import { describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readReport, REPORT_SIZE } from "../../src/protocol/report.ts";
import { CASES, pathOf, replayFile, SOME_FLOWS } from "../support/replay-files.ts";
import { VenueProcess } from "../support/venue-process.ts";

const ROOT = join(import.meta.dir, "..", "..");
const FLOW = SOME_FLOWS[0] ?? "";
/** Of about 45,000 that the flow has. */
const REPORTS = 8000;
const WAIT_MS = 15_000;
/** Slow enough for a kill to fall into it: two seconds for the flow. */
const PACE = { batch: 64, accounts: 1, rate: 20_000 } as const;

describe.skipIf(CASES.length === 0)("an interrupted replay", () => {
  test("goes on by itself when the venue is killed and comes back", async () => {
    await using venue = await VenueProcess.start();
    const dir = mkdtempSync(join(tmpdir(), "clob-replay-"));
    const running = replayFile(venue, FLOW, { ...PACE, journalDir: dir, reconnectMsMax: WAIT_MS });
    await untilReports(dir);
    await venue.kill();
    await venue.launch();
    const { found, wanted } = await running;
    expect(found).toEqual(String(wanted));
    rmSync(dir, { recursive: true });
  });

  test("goes on from its journal when it is killed itself, and the venue too", async () => {
    await using venue = await VenueProcess.start();
    const dir = mkdtempSync(join(tmpdir(), "clob-replay-"));
    const first = load(venue, dir);
    await untilReports(dir);
    first.kill("SIGKILL");
    await first.exited;
    await venue.kill();
    await venue.launch();
    const second = load(venue, dir);
    expect(await new Response(second.stdout).text()).toContain('"matches_reference":true');
    expect(await second.exited).toEqual(0);
    expect(twiceIn(join(dir, "reports.bin"))).toEqual([]);
    rmSync(dir, { recursive: true });
  });

  test("refuses a journal of another run", async () => {
    await using venue = await VenueProcess.start();
    const dir = mkdtempSync(join(tmpdir(), "clob-replay-"));
    await replayFile(venue, CASES[0]!, { journalDir: dir });
    const other = replayFile(venue, CASES[1]!, { journalDir: dir });
    await expect(other).rejects.toThrow("is of another run");
    rmSync(dir, { recursive: true });
  });
});

function load(venue: VenueProcess, journal: string): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  const { host, port, ingress, settlement } = venue.address;
  const flags = [
    `--data=${venue.dir}`,
    `--tcp=${host}:${port}`,
    `--ingress=${ingress}`,
    `--settlement=${settlement}`,
    `--journal=${journal}`,
    `--batch=${PACE.batch}`,
    `--accounts=${PACE.accounts}`,
    `--rate=${PACE.rate}`,
    "--output=json",
  ];
  const command = [process.execPath, "src/load/main.ts", "replay", pathOf(FLOW), ...flags];
  return Bun.spawn(command, { cwd: ROOT, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
}

/** Reports that a journal holds more than once: account and number. */
function twiceIn(path: string): string[] {
  const bytes = new Uint8Array(readFileSync(path));
  const seen = new Set<string>();
  const twice: string[] = [];
  for (let at = 0; at < bytes.length; at += REPORT_SIZE) {
    const { account, number } = readReport(new DataView(bytes.buffer), at);
    const name = `${account}-${number}`;
    if (seen.has(name)) twice.push(name);
    seen.add(name);
  }
  return twice;
}

/** The replay is under way: its journal holds some thousand reports. */
async function untilReports(dir: string): Promise<void> {
  const path = join(dir, "reports.bin");
  const until = performance.now() + WAIT_MS;
  const isUnderWay = (): boolean => existsSync(path) && statSync(path).size > REPORTS * REPORT_SIZE;
  while (!isUnderWay()) {
    if (performance.now() > until) throw new Error("the replay does not get under way");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
