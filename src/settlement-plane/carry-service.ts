/**
 * CarryService: the carrier over all shards of one settlement; with one shard there is none.
 *
 * Only between shards that this settlement serves: how far a destination has come is read from
 * the engine here. One with some of the shards carries between those, and says so.
 */
import { join } from "node:path";
import { equalBytes } from "../base/bytes.ts";
import { ClientError } from "../client/errors.ts";
import { HttpClient } from "../client/http.ts";
import { formatListenAddress, type ListenAddress } from "../edges/config-address.ts";
import type { Files } from "../edges/files.ts";
import type { Signer } from "../edges/keys.ts";
import type { Logger } from "../edges/logger.ts";
import { SnapshotFiles } from "../edges/snapshot-files.ts";
import type { Engine } from "../engine/engine.ts";
import { createLevels } from "../engine/levels.ts";
import { Views } from "../engine/views.ts";
import { BATCH_COUNT_MAX, SCOPE_CARRY, SHARD_ALL } from "../protocol/codes.ts";
import type { ReportBatch } from "../protocol/report.ts";
import { engineOptions } from "../service/choose-levels.ts";
import { NO_STATES, statesInFiles } from "../service/kept-states.ts";
import type { OpenShard } from "../service/open-shards.ts";
import type { PastParts } from "../service/past.ts";
import { EXIT_REFUSED, ServiceEnd } from "../service/start.ts";
import { Carrier, type ShardLinks } from "./carrier.ts";
import { CarryDesk, type Deliver, type Delivery } from "./carry-desk.ts";
import { Outbox } from "./outbox.ts";
import { unpackSnapshot } from "./settlement-snapshot.ts";

export const CARRY_KEY_NAME = "carry.pem";

/** Entries kept in memory per run, about 200 bytes each; the rest stays in `ex`. */
const RUN_MAX = 4096;
/** A Carry writes three reports at most, and what is due may take half of a record's. */
const REPORTS_PER_CARRY = 6;

export interface CarryParts {
  readonly shards: readonly OpenShard[];
  readonly engineOf: (shard: number) => Engine;
  readonly signer: Signer;
  readonly keyFile: string;
  readonly deliver: Deliver;
  /** Up to where a shard is archived; absent: what is compared is carried. */
  readonly archived?: (shard: number) => number;
  /** Whether this settlement leads, and in which turn. */
  readonly leadership: { readonly leads: boolean; readonly term: number };
  readonly logger: Logger;
  /** Where settlement's snapshots lie; the host's if absent. */
  readonly files?: Files;
  readonly stop: AbortSignal;
}

export class CarryService {
  readonly carrier: Carrier;
  private readonly outboxes = new Map<number, Outbox>();

  constructor(parts: CarryParts) {
    const { shards, engineOf, signer, deliver, leadership, logger, stop } = parts;
    const term = (): number => leadership.term;
    const mayCarry = (): boolean => leadership.leads;
    const desks = new Map<number, CarryDesk>();
    const links = new Map<number, ShardLinks>();
    let batchMax = BATCH_COUNT_MAX;
    for (const { genesis, venue } of shards) {
      refuseStranger(parts, genesis);
      links.set(
        genesis.shard,
        linksOf(() => engineOf(genesis.shard)),
      );
      const keyOf = (key: Uint8Array) => carryKeyOf(engineOf(genesis.shard), key);
      desks.set(
        genesis.shard,
        new CarryDesk({ shard: genesis.shard, venue, signer, keyOf, deliver, term }),
      );
      const most = Math.floor(genesis.limits.reportsPerRecordMax / REPORTS_PER_CARRY);
      batchMax = Math.max(1, Math.min(batchMax, most));
    }
    for (const shard of shards) {
      this.outboxes.set(shard.genesis.shard, outboxOf(shard, links, parts));
    }
    const origin = shards[0]?.genesis.directoryOrigin ?? 0;
    const { outboxes } = this;
    this.carrier = new Carrier({
      origin,
      outboxes,
      links,
      desks,
      batchMax,
      mayCarry,
      logger,
      stop,
    });
    if (links.has(origin)) return;
    logger.warning("directory not carried", { why: `shard ${origin} is not settled here` });
  }

  onReports(shard: number, reports: ReportBatch): void {
    this.outboxes.get(shard)?.onReports(reports);
  }

  /** Position of that shard's first record that must be archived before its entry is carried, or 0. */
  awaited(shard: number): number {
    return this.outboxes.get(shard)?.awaited ?? 0;
  }

  onCompared(shard: number, position: number): void {
    if (this.outboxes.get(shard)?.onCompared(position) === true) this.carrier.notify();
  }
}

function outboxOf(
  shard: OpenShard,
  links: ReadonlyMap<number, ShardLinks>,
  { files, archived, stop }: CarryParts,
): Outbox {
  const id = shard.genesis.shard;
  const own = links.get(id);
  const others = [...links].filter(([other]) => other !== id).map(([, one]) => one);
  const writtenBy = (of: ShardLinks | undefined, destination: number): number =>
    (destination === SHARD_ALL ? of?.directory() : of?.written(destination)) ?? 0;
  return new Outbox({
    shard: id,
    openExecutionReader: () => shard.log.openExecutionReader(),
    past: pastOf(shard, files),
    written: (destination) => writtenBy(own, destination),
    writtenBy: (engine, destination) =>
      writtenBy(
        linksOf(() => engine),
        destination,
      ),
    applied: (destination) =>
      destination === SHARD_ALL
        ? Math.min(...others.map((one) => one.directory()))
        : (links.get(destination)?.applied(id) ?? 0),
    archived: () => archived?.(id) ?? Number.POSITIVE_INFINITY,
    runMax: RUN_MAX,
    stop,
  });
}

/** Settlement's own snapshots, and records from wherever they lie; asked when that is needed. */
function pastOf({ log, genesisFrame, dir }: OpenShard, files?: Files): PastParts {
  const open = (): SnapshotFiles =>
    new SnapshotFiles(join(dir, "settlement", "snapshots"), "settlement", Infinity, files);
  const options = engineOptions({ name: "ts", open: createLevels }, false);
  const engineIn = (bytes: Uint8Array): Uint8Array | string => {
    const parts = unpackSnapshot(bytes);
    return typeof parts === "string" ? parts : parts.engine;
  };
  const own = { list: () => statesInFiles(open(), genesisFrame, options, engineIn).list() };
  return { log, genesisFrame, options, states: { ...NO_STATES, own } };
}

function linksOf(engine: () => Engine): ShardLinks {
  return {
    directory: () => engine().state.directory,
    applied: (source) => {
      const { links } = engine().state;
      return links.has(source) ? (links.in[source] ?? 0) : null;
    },
    written: (destination) => engine().state.links.out[destination] ?? 0,
  };
}

function carryKeyOf(
  { state }: Engine,
  publicKey: Uint8Array,
): { key: number; high: number } | null {
  const views = new Views(state);
  const found = views.key(views.keyByPublicKey(publicKey));
  return found === null ? null : { key: found.key, high: found.high };
}

/** Genesis names every operator's key: one that it does not name will never carry. */
function refuseStranger({ signer, keyFile }: CarryParts, genesis: OpenShard["genesis"]): void {
  const isNamed = genesis.operators.some(
    ({ publicKey, scopes }) =>
      equalBytes(publicKey, signer.publicKey) && (scopes & SCOPE_CARRY) !== 0,
  );
  if (isNamed) return;
  const why = `is no key with scope carry of the genesis of shard ${genesis.shard}`;
  throw new ServiceEnd(EXIT_REFUSED, `${keyFile} ${why}`);
}

/** Over HTTP, as anybody: POST /v1/frames. */
export function deliverOverHttp(address: ListenAddress, signal: AbortSignal): Deliver {
  const ingress = `http://${formatListenAddress(address)}`;
  const http = new HttpClient({ settlement: ingress, ingress, signal });
  return async (_shard, frame) => {
    try {
      const { reports } = await http.postFrame(frame);
      const rejects = new Map<number, string>();
      for (const report of reports) {
        if (report["kind"] === "rejected")
          rejects.set(Number(report["index"]), String(report["name"]));
      }
      return { problem: "", nonceHigh: 0, rejects };
    } catch (error) {
      return problemOf(error);
    }
  };
}

function problemOf(error: unknown): Delivery {
  const why = error instanceof Error ? error.message : String(error);
  const isUsed = error instanceof ClientError && error.code === "duplicate";
  return { problem: why, nonceHigh: isUsed ? (error.limit ?? 0) : 0, rejects: new Map() };
}
