/** A data directory of a test's own, and what the segment suites do to its files. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ShardLog } from "../../src/edges/log.ts";
import { openSegmentLog, type SegmentLogOptions } from "../../src/edges/segment-log.ts";
import { genesisRecord, SHARD } from "./records.ts";

export const SEGMENT_BYTES = 65_536;

export class SegmentStand {
  readonly dir: string;
  private readonly logs: ShardLog[] = [];

  constructor(parent = tmpdir()) {
    this.dir = mkdtempSync(join(parent, "clob-log-"));
  }

  /** Another directory with the same files. */
  copy(): SegmentStand {
    const other = new SegmentStand();
    const filter = (path: string): boolean => !path.endsWith(".sock");
    cpSync(this.dir, other.dir, { recursive: true, filter });
    return other;
  }

  open(options: Partial<SegmentLogOptions> = {}): ShardLog {
    const log = openSegmentLog({
      dir: this.dir,
      shard: SHARD,
      segmentBytesMax: SEGMENT_BYTES,
      clockDifferenceMsMax: 5000,
      ...options,
    });
    this.logs.push(log);
    return log;
  }

  async create(options: Partial<SegmentLogOptions> = {}): Promise<ShardLog> {
    const log = this.open(options);
    await log.create(genesisRecord());
    return log;
  }

  /** Full paths of the segments of that role, in order. */
  segments(role: "in" | "ex"): string[] {
    const dir = join(this.dir, `shard-${SHARD}`);
    const names = readdirSync(dir).filter((name) => new RegExp(`^${role}-.*seg$`).test(name));
    return names.sort().map((name) => join(dir, name));
  }

  async closeLogs(): Promise<void> {
    for (const log of this.logs.splice(0)) await log.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.closeLogs();
    rmSync(this.dir, { recursive: true });
  }
}

/** Rewrites a file through `change`. */
export function changeFile(path: string, change: (bytes: Buffer) => Uint8Array): void {
  writeFileSync(path, change(readFileSync(path)));
}
