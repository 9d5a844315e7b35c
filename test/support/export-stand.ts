/**
 * ExportStand: a sealed venue's log and commitments, of which as many count as settled as a test
 * says, and exporters over them.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ShardLog } from "../../src/edges/log.ts";
import { Logger } from "../../src/edges/logger.ts";
import type { ObjectStore } from "../../src/edges/object-store.ts";
import { signCheckpoint } from "../../src/proofs/checkpoint-note.ts";
import { inputOrigin, statesOrigin } from "../../src/proofs/checkpointer.ts";
import { noteKey } from "../../src/proofs/signed-note.ts";
import { type Notes, readPublished } from "../../src/settlement-plane/commitment-file.ts";
import { type Commitments, ExportBorders } from "../../src/settlement-plane/export-borders.ts";
import { Exporter, type ExporterParts } from "../../src/settlement-plane/exporter.ts";
import type { HeadsAt } from "../../src/settlement-plane/shard-export.ts";
import {
  CHECKPOINT,
  listLog,
  OPERATOR,
  sealVenue,
  smallGenesis,
  smallLife,
} from "./sealed-venue.ts";

/** 43 records, 2 s apart: nine steps of the export, the last one of them not whole. */
export const PACE_US = 2_000_000;

export interface Running extends AsyncDisposable {
  readonly exporter: Exporter;
  readonly said: readonly string[];
}

export class ExportStand {
  readonly root = mkdtempSync(join(tmpdir(), "clob-exporter-"));
  readonly records = smallLife(smallGenesis(OPERATOR, CHECKPOINT), OPERATOR, PACE_US);
  /** Commitments that count as signed. */
  count = 0;
  covered = 0;
  venue: Uint8Array = new Uint8Array(32);
  private entries: readonly Uint8Array[] = [];

  static async open(): Promise<ExportStand> {
    const stand = new ExportStand();
    stand.venue = await sealVenue(stand.records, CHECKPOINT, join(stand.root, "whole"));
    const published = await readPublished(join(stand.root, "whole", "settlement"));
    stand.entries = published?.entries ?? [];
    return stand;
  }

  get all(): number {
    return this.entries.length;
  }

  /** What `clob export` makes of all of it. */
  get whole(): string {
    return join(this.root, "whole");
  }

  /** Records that the first `count` commitments cover, and those up to the last border. */
  positionOf(count: number): number {
    return this.bordersOf(count).position(count);
  }

  borderOf(count: number): number {
    const borders = this.bordersOf(count);
    return borders.position(borders.last(count));
  }

  private bordersOf(count: number): ExportBorders {
    return new ExportBorders({ count, read: (number) => this.entries[number] ?? null });
  }

  log(): ShardLog {
    return {
      ...listLog(this.records, 1),
      cover: (_mark, position) => {
        this.covered = Math.max(this.covered, position);
        return Promise.resolve();
      },
    };
  }

  private commitments(): Commitments {
    const { entries } = this;
    const signed = (): number => this.count;
    return {
      get count() {
        return signed();
      },
      read: (number) => (number < signed() ? (entries[number] ?? null) : null),
    };
  }

  notesOf({ count, position, inputRoot, statesRoot }: HeadsAt): Notes {
    const venueHex = this.venue.toHex();
    const key = noteKey(venueHex, CHECKPOINT.publicKey);
    const note = (origin: string, size: number, root: Uint8Array): Uint8Array =>
      signCheckpoint({ origin, size, root }, key, (message) => CHECKPOINT.sign(message));
    return {
      input: note(inputOrigin(venueHex, 1), position, inputRoot),
      state: note(statesOrigin(venueHex, 1), count, statesRoot),
    };
  }

  start(objects: ObjectStore, more: Partial<ExporterParts> = {}): Running {
    const stopping = new AbortController();
    const said: string[] = [];
    const exporter = new Exporter({
      objects,
      log: this.log(),
      venue: this.venue,
      commitments: this.commitments(),
      notesOf: (heads) => this.notesOf(heads),
      snapshots: null,
      publishDelayMs: 0,
      wallMs: () => Date.now(),
      mayPublish: () => true,
      logger: new Logger({
        sink: { write: (line) => void said.push(line), close: () => {} },
        severityMin: "info",
      }),
      stop: stopping.signal,
      ...more,
    });
    const done = exporter.run();
    return {
      exporter,
      said,
      async [Symbol.asyncDispose]() {
        stopping.abort();
        await done;
      },
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.root, { recursive: true, force: true });
    return Promise.resolve();
  }
}
