/**
 * Segment retention: who still needs an embedded log, and removing the segments that nobody does.
 *
 *   <data dir>/shard-1/use.<name>          "position time silent_max" of a consumer
 *                      keep.archived       how far the log is exported, in digits
 *                      keep.checkpointed   how far it is covered by a checkpoint
 *                      genesis             the first record, once its segment is gone
 *
 * Only whole segments go, the oldest first, and each is gone for good before the next is touched:
 * after a crash at any point what is left is dense. The one that is written to stays, and of `ex`
 * the one before it, which may not be synced yet. What stands in these files may be old after a
 * crash, never too high, and then less is removed.
 */
import * as fs from "node:fs";
import { join } from "node:path";
import type { Role } from "./directory-lock.ts";
import type { Mark, Retention } from "./log.ts";
import {
  consumersOf,
  floorOf,
  isSilent,
  readRestored,
  readSaid,
  type Said,
  saidText,
} from "./retention.ts";
import { endsIn, RESTORED_NAME } from "./segment-restore.ts";
import { syncDirectory, writeFileLasting } from "./segment-disk.ts";
import { listSegments, segmentPath } from "./segment-files.ts";
import { GENESIS_NAME, readGenesis } from "./segment-recover.ts";

const USE = "use.";
/** The newest segments of each role, which are never removed. */
const NEWEST: Readonly<Record<Role, number>> = { in: 1, ex: 2 };

export class SegmentRetention {
  private readonly dir: string;
  private readonly nowUs: () => number;

  constructor(dir: string, nowUs: () => number) {
    this.dir = dir;
    this.nowUs = nowUs;
  }

  consume(name: string, position: number, silentMsMax: number): void {
    const said = { position, since: this.nowUs(), silentUsMax: silentMsMax * 1000 };
    this.write(USE + name, saidText(said));
  }

  cover(mark: Mark, position: number): void {
    if (this.covered(mark) < position) this.write(`keep.${mark}`, String(position));
  }

  trim(upTo: number): Retention {
    const said = this.said();
    const nowUs = this.nowUs();
    for (const [name, one] of said) {
      if (isSilent(one, nowUs)) fs.rmSync(join(this.dir, USE + name), { force: true });
    }
    const [archived, checkpointed] = [this.covered("archived"), this.covered("checkpointed")];
    // What is checkpointed is synced, and so is durable here.
    const state = { archived, checkpointed, durable: checkpointed, said };
    const floor = floorOf(state, upTo, nowUs);
    this.remove("in", floor);
    this.remove("ex", floor);
    return this.read();
  }

  read(): Retention {
    const first = listSegments(this.dir, "in")[0] ?? 1;
    return {
      restored: readRestored(this.text(RESTORED_NAME)),
      ends: endsIn(this.dir),
      trimmed: first - 1,
      archived: this.covered("archived"),
      checkpointed: this.covered("checkpointed"),
      consumers: consumersOf(this.said(), this.nowUs()),
    };
  }

  private remove(role: Role, floor: number): void {
    const firsts = listSegments(this.dir, role);
    for (let i = 0; i + NEWEST[role] < firsts.length; i++) {
      const next = firsts[i + 1] ?? 0;
      if (next > floor) break;
      if (role === "in" && firsts[i] === 1) this.keepGenesis();
      fs.rmSync(segmentPath(this.dir, role, firsts[i] ?? 0), { force: true });
      syncDirectory(this.dir);
    }
  }

  private keepGenesis(): void {
    const genesis = readGenesis(this.dir);
    if (genesis !== null) writeFileLasting(join(this.dir, GENESIS_NAME), genesis.record);
  }

  private said(): Map<string, Said> {
    const said = new Map<string, Said>();
    for (const name of fs.readdirSync(this.dir)) {
      if (!name.startsWith(USE) || name.endsWith(DRAFT)) continue;
      const one = readSaid(this.text(name));
      if (one !== null) said.set(name.slice(USE.length), one);
    }
    return said;
  }

  private covered(mark: Mark): number {
    const text = this.text(`keep.${mark}`);
    return /^\d{1,16}$/.test(text) ? Number(text) : 0;
  }

  private text(name: string): string {
    const path = join(this.dir, name);
    return fs.existsSync(path) ? fs.readFileSync(path, "utf8") : "";
  }

  /** The old or the new one; not synced, for an old one does no harm. */
  private write(name: string, text: string): void {
    const draft = join(this.dir, `${name}.${process.pid}${DRAFT}`);
    fs.writeFileSync(draft, text, { mode: 0o600 });
    fs.renameSync(draft, join(this.dir, name));
  }
}

const DRAFT = ".new";
