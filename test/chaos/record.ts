/**
 * Record: the rounds that were run for the record, in docs/runs/chaos.json, one row each, written
 * after every round, so that a run goes on where the last one ended.
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
}

export class Recording {
  private readonly rows: Row[];
  private readonly commit: string;

  constructor() {
    this.rows = existsSync(PATH) ? JSON.parse(readFileSync(PATH, "utf8")).rows : [];
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

  add({ setup, wrong, end, faults, records, reports, frames, seconds }: Verdict): void {
    const { end: may, ...drawn } = setup;
    const row = {
      date: new Date().toISOString().slice(0, 19),
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
      machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Bun ${Bun.version}`,
    };
    const lines = this.rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n");
    const text = JSON.stringify({ ...head, rows: [] }, null, 2);
    writeFileSync(`${PATH}.new`, `${text.replace('"rows": []', `"rows": [\n${lines}\n  ]`)}\n`);
    renameSync(`${PATH}.new`, PATH);
  }
}
