/**
 * README: its commands do what it says, as they stand there, and so do those of the banner that
 * `bun start` and `npm start` show; Ctrl-C ends the venue and says where the data lies.
 */
import { describe, expect, test } from "bun:test";
import manifest from "../../package.json" with { type: "json" };
import { HttpClient } from "../../src/client/http.ts";
import { ANY_PORTS, DocShell, type Running, shellLines } from "../support/doc-shell.ts";

const lines = shellLines("README.md");
/** Each README command for `clob`, and a word of its answer. */
const ANSWERS: readonly (readonly [RegExp, RegExp])[] = [
  [/^order buy /, /^order \d+-\d+-\d+: buy 0\.5000 BTC-USD at 60000\.00/],
  [/^book \S+ --watch$/, /^BTC-USD +\d+ +bid \S+ @ \S+ +ask /m],
  [/^book /, /spread/],
  [/^export /, /^shard 1: \d+ records, \d+ checkpoints/],
  [/^verify \S+ --venue/, /^yes, venue [0-9a-f]{64}/],
  [/^verify /, /^yes, unpinned: venue/],
];
const CLOB = /(?:bun run|npm run -s) clob (?:-- )?/;
const POLL_MS = 20;
const MS_MAX = 60_000;

/** Tells the CLI what the banner has told. */
function takeAddresses(shell: DocShell, said: string): void {
  const [, tcp] = /tcp:\/\/(\S+)/.exec(said) ?? [];
  const [, ingress] = /(http:\S+)\/v1\/frames/.exec(said) ?? [];
  const [, settlement] = /dashboard +(http:\S+)\//.exec(said) ?? [];
  Object.assign(shell.env, {
    CLOB_TCP: tcp,
    CLOB_INGRESS: ingress,
    CLOB_SETTLEMENT: settlement,
  });
}

/** There is a checkpoint to export, and money to trade with. */
async function untilUsable(shell: DocShell): Promise<void> {
  const http = new HttpClient({ settlement: shell.env["CLOB_SETTLEMENT"]!, ingress: "" });
  const isUsable = async (): Promise<boolean> => {
    const [shard] = (await http.status()).shards;
    return (shard?.checkpoint?.position ?? 0) > 0 && (shard?.open_orders ?? 0) > 0;
  };
  while (!(await isUsable())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}

/** One command: its answer, or that of --watch up to the first book. */
async function answersWell(shell: DocShell, command: string): Promise<void> {
  const words = command.replace(CLOB, "");
  const [, answer] = ANSWERS.find(([asks]) => asks.test(words)) ?? [];
  if (answer === undefined) throw new Error(`nobody knows what is right for: ${command}`);
  if (words.endsWith("--watch")) {
    const watch = await shell.begin(command, answer);
    expect(await watch.end("SIGINT")).toBe(0);
    return;
  }
  const { code, out, err } = await shell.run(command);
  expect([command, code, code === 0 ? out : err]).toEqual([
    command,
    0,
    expect.stringMatching(answer),
  ]);
}

/** What stands below "Try, in another terminal", one command each. */
function bannerCommands(venue: Running): string[] {
  const block = /Try, in another terminal:\n([\s\S]*?)\n\n/.exec(venue.said)?.[1] ?? "";
  return block.split("\n").flatMap((line) => line.trim().split(" && "));
}

test("README starts and tests with the two commands that there are", () => {
  const scripts = ["start", "test"] as const;
  for (const script of scripts) expect(manifest.scripts[script]).toContain("scripts/run.sh");
  expect(lines.filter((line) => !CLOB.test(line))).toEqual(["bun start", "bun run test"]);
});

const forms = [
  { start: "bun start", clob: "bun run clob", ends: [0] },
  ...(Bun.which("npm") === null
    ? []
    : [{ start: "npm start --", clob: "npm run -s clob --", ends: [0, 130] }]),
];

describe.each(forms)("$start", ({ start, clob, ends }) => {
  test(
    "a venue, its banner's commands and README's, and Ctrl-C",
    async () => {
      await using shell = new DocShell();
      const venue = await shell.begin(`${start} ${ANY_PORTS}`, /Ctrl-C stops/);
      expect(venue.said).toMatch(/\nCLOB \d+\.\d+\.\d+ +venue [0-9a-f]{16}/);
      expect(venue.said).toMatch(/log +embedded, D2, data \S+, sync \d+\.\d+ ms\n/);
      expect(venue.said).toMatch(/keys +\S+ \(yours: \S+demo-1\.pem\)\n/);
      takeAddresses(shell, venue.said);
      await untilUsable(shell);
      const shown = bannerCommands(venue);
      expect(shown.map((line) => line.startsWith(`${clob} `))).toEqual([true, true, true, true]);
      for (const line of shown) await answersWell(shell, line);
      await shell.run("rm -r ./export");
      const readme = lines.filter((line) => CLOB.test(line));
      for (const line of readme) await answersWell(shell, line.replace("bun run clob", clob));
      expect(ends).toContain(await venue.end("SIGINT"));
      expect(venue.said).toContain(`stopped. Everything lies in ${shell.env["CLOB_DATA"]};`);
    },
    MS_MAX,
  );
});
