/**
 * Record: the rounds that were run for the record, in docs/runs/chaos.json, one row each, written
 * after every round, so that a run goes on where the last one ended.
 *
 * A row that is wrong stays as it is. Its seed is run again until it holds: then `held_at` names
 * the commit, and what else of that run may be of interest stands beside it.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { Verdict } from "./round.ts";

const ROOT = join(import.meta.dir, "..", "..");
const PATH = join(ROOT, "docs", "runs", "chaos.json");

interface Row {
  readonly seed: number;
  readonly wrong: string;
  readonly held_at?: string;
}

export class Recording {
  private readonly path: string;
  private readonly rows: Row[];
  private readonly commit: string;

  constructor(path = PATH) {
    this.path = path;
    this.rows = existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).rows : [];
    // What is on trial: the newest commit of the product itself.
    const words = ["git", "log", "-1", "--format=%h", "--abbrev=12", "--", "src"];
    this.commit = Bun.spawnSync(words, { cwd: ROOT }).stdout.toString().trim();
  }

  get size(): number {
    return this.rows.length;
  }

  /** The first seed behind all that were run. */
  get next(): number {
    return this.rows.reduce((most, { seed }) => Math.max(most, seed), 0) + 1;
  }

  /** Seeds that were wrong and have not held since. */
  get open(): number[] {
    return this.rows.filter(isOpen).map(({ seed }) => seed);
  }

  /** An open seed was run once more. */
  again({ setup, wrong, end, seconds }: Verdict): void {
    if (wrong !== "") return;
    const i = this.rows.findIndex(({ seed }) => seed === setup.seed);
    const held = { held_at: this.commit, held_date: dateNow(), held_end: end, held_s: seconds };
    this.rows[i] = { ...this.rows[i]!, ...held };
    this.write();
  }

  add({ setup, wrong, end, faults, records, reports, frames, seconds }: Verdict): void {
    const { end: may, ...drawn } = setup;
    const row = {
      date: dateNow(),
      commit: this.commit,
      ...drawn,
      may,
      end,
      faults: Object.fromEntries([...faults].toSorted(([one], [two]) => (one < two ? -1 : 1))),
      records,
      reports,
      frames,
      seconds,
      // As anybody would read it, wherever the tree lies.
      wrong: wrong.replaceAll(`${ROOT}/`, ""),
    };
    this.rows.push(row);
    this.write();
  }

  private write(): void {
    const head = {
      command: "bun run chaos --record --rounds 200",
      rounds: this.rows.length,
      wrong: this.rows.filter(({ wrong }) => wrong !== "").length,
      open: this.open.length,
      machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Bun ${Bun.version}`,
    };
    const lines = this.rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
    const text = JSON.stringify({ ...head, rows: [] }, null, 2);
    writeFileSync(
      `${this.path}.new`,
      `${text.replace('"rows": []', `"rows": [\n${lines}\n  ]`)}\n`,
    );
    renameSync(`${this.path}.new`, this.path);
  }
}

function isOpen({ wrong, held_at }: Row): boolean {
  return wrong !== "" && held_at === undefined;
}

/** UTC. */
function dateNow(): string {
  return new Date().toISOString().slice(0, 19);
}
