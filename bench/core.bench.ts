/**
 * core.bench: messages per second through the core, layer by layer, beside other books.
 *
 *   bun bench/core.bench.ts [smoke|full]
 *
 *   books alone      slab, index, levels and queues, with C and with TypeScript levels
 *   apply            everything that market-matcher calls: frames, nonces, ledger, matching,
 *                    reports; frames of 128 by one account. "two accounts": buys and sells are two
 *                    accounts', so that frames are as short as runs of one side are
 *   plain book       what one writes in an afternoon (plain-books.ts), books alone
 *   the peers        from npm, books alone, driven by peer-*.ts
 *   frames ...       the layers of `apply`, and what market-matcher and settlement add to it
 *
 * Each candidate is a process of its own, as in life, so that no candidate decides how another is
 * compiled; candidates take turns, and the figures are medians over all rounds, the worst of the
 * five scenarios named. The clock is the thread's own time where there is one, so that other work
 * on the machine counts little. Loading, packing and opening of engines are outside it. Every book
 * must have made the same trades. Then come 21,000 markets, memory, snapshot, replay, and one
 * `apply` at a time under steady load.
 */
import { CANDIDATES, hasNative } from "./core-candidates.ts";
import { benchMarkets, benchMemory, benchReplay, benchSnapshot, memoryOf } from "./core-parts.ts";
import { benchSteady, steady } from "./core-steady.ts";
import { checkSums, type Found, printLayers, printTable, type Size } from "./core-table.ts";
import { loadScenario, SCENARIOS } from "./scenarios.ts";
import { BooksAlone, columnsOf } from "./books-alone.ts";
import { createLevels } from "../src/engine/levels.ts";
import { coreTime } from "./thread-time.ts";

/** Processes per candidate, and rounds in each; the first round of a process warms up. */
const TURNS = { smoke: 1, full: 3 };
const ROUNDS = { smoke: 2, full: 4 };

export async function run(size: Size): Promise<void> {
  const names = Object.keys(CANDIDATES).filter((name) => hasNative || !name.includes("C levels"));
  const table = new Map<string, Found[]>();
  for (let turn = 0; turn < TURNS[size]; turn++) {
    for (const name of names) {
      const found: Found[] = JSON.parse(await child(size, name));
      const known = table.get(name);
      if (known === undefined) table.set(name, found);
      else for (const [i, { rates }] of found.entries()) known[i]!.rates.push(...rates);
    }
  }
  checkSums(table);
  printTable(table, size);
  printLayers(table);
  await benchMarkets(size);
  await benchMemory(size, child);
  benchSnapshot(size);
  await benchReplay(size);
  await benchSteady(size, child);
}

/** What a process of this file says when it is asked for one thing. */
async function child(size: Size, name: string): Promise<string> {
  const spawned = Bun.spawn([process.execPath, import.meta.path, size, name], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const said = await new Response(spawned.stdout).text();
  if ((await spawned.exited) !== 0) throw new Error(`${name} did not come to its end`);
  return said;
}

/** One candidate over all scenarios. */
async function runCandidate(name: string, size: Size): Promise<Found[]> {
  const candidate = CANDIDATES[name];
  if (candidate === undefined) throw new Error(`no candidate is called ${name}`);
  const rounds = Math.min(candidate.rounds ?? Infinity, ROUNDS[size]);
  const found: Found[] = [];
  for (const scenario of SCENARIOS) {
    const workload = await loadScenario(scenario, size);
    const messages = Math.min(candidate.messagesMax ?? Infinity, workload.count);
    const prepare = candidate.prepare(workload);
    const rates: number[] = [];
    let sum = 0;
    for (let round = 0; round < rounds; round++) {
      const body = prepare();
      const begin = coreTime();
      sum = body();
      const rate = (messages * 1000) / (coreTime() - begin);
      if (round > 0) rates.push(rate);
    }
    const columns = columnsOf(workload, messages);
    const isOurs = new BooksAlone(createLevels, columns.count).run(columns) === sum;
    if (candidate.kind === "book" && !isOurs) throw new Error(`${name}: other trades`);
    found.push({ rates, messages, sum });
  }
  return found;
}

/** What this process was started for by `child`. */
async function answer(name: string, size: Size): Promise<unknown> {
  const [word, rest = ""] = name.split(" ", 2);
  if (word === "memory") return memoryOf(Number(rest));
  if (word === "steady") return steady(rest, size);
  return runCandidate(name, size);
}

const [, , sizeWord, name] = process.argv;
if (import.meta.main) {
  const size = sizeWord === "full" ? "full" : "smoke";
  if (name === undefined) await run(size);
  else console.log(JSON.stringify(await answer(name, size)));
}
