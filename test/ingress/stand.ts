/**
 * Stand: a real ingress on a real port, over the memory log, with a real matcher behind it.
 *
 *   await using stand = await Stand.start({ entry: { connectionsMax: 2 } })
 *
 * Account 1 is Alice with key 2, account 2 is Bob with key 3; key 1 is the operator. Both have
 * money. Time of the sessions goes on by itself, and on request.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "../../src/base/hash.ts";
import { type Signer, signerFromSeed } from "../../src/edges/keys.ts";
import { Logger } from "../../src/edges/logger.ts";
import { MemoryStore } from "../../src/edges/memory-log.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { Ingress } from "../../src/ingress-verifier/ingress.ts";
import type { EntryLimits } from "../../src/ingress-verifier/order-entry.ts";
import type { DoorLimits } from "../../src/ingress-verifier/door-parts.ts";
import type { AgeLimits } from "../../src/ingress-verifier/session-age.ts";
import type { ShardDoor } from "../../src/ingress-verifier/shard-door.ts";
import { Matcher } from "../../src/market-matcher/matcher.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { decodeGenesis, encodeGenesis, type Genesis } from "../../src/protocol/genesis.ts";
import { encodePack } from "../../src/protocol/record.ts";
import { order } from "../support/small-shard.ts";
import { type Setting, standGenesis } from "./stand-genesis.ts";
import { StandExport } from "./stand-export.ts";
import { Wire } from "./wire.ts";

export const ALICE = { account: 1, key: 2 };
export const BOB = { account: 2, key: 3 };
export const OPERATOR = { account: 0, key: 1 };

type Bytes = Uint8Array<ArrayBuffer>;

export interface Who {
  readonly account: number;
  readonly key: number;
}

export interface StandOptions {
  readonly entry?: Partial<EntryLimits>;
  readonly door?: Partial<DoorLimits>;
  readonly age?: AgeLimits;
  readonly genesis?: Setting;
  readonly drainTimeoutMs?: number;
  /** Of an idle shard; without it time passes with frames only. */
  readonly tickMs?: number;
}

const ENTRY: EntryLimits = {
  connectionsMax: 100,
  connectionsPerIpMax: 100,
  accountsPerConnectionMax: 10,
  outQueueBytesMax: 1 << 20,
  badFramesPerSecondMax: 1_000_000,
  reportsKeptMs: 86_400_000,
  loginTimeoutMs: 60_000,
  frameTimeoutMs: 60_000,
  heartbeatMs: 60_000,
  clientSilentMsMax: 60_000,
};
export const DOOR: DoorLimits = {
  appendQueueBytesMax: 1 << 20,
  packBytesMax: 1 << 18,
  unmatchedRecordsMax: 65_536,
  reportsKept: 1024,
  resumeRecordsMax: 1 << 18,
  resumesMax: 64,
};
const NEVER_MS = 60_000_000;
const QUIET = {
  sink: { write: () => undefined, close: () => undefined },
  severityMin: "error",
} as const;
const WAIT_MS = 5000;

export class Stand {
  readonly store: MemoryStore;
  readonly genesis: Genesis;
  readonly venue: Uint8Array;
  ingress!: Ingress;
  /** Milliseconds that the sessions' clock is ahead. */
  ahead = 0;
  readonly genesisFrame: Uint8Array;
  readonly exported = new StandExport();
  private readonly options: StandOptions;
  private readonly dir = mkdtempSync(join(tmpdir(), "clob-stand-"));
  private readonly stopping = new AbortController();
  private matching = new AbortController();
  private readonly nonces = new Map<number, number>();
  private readonly wires: Wire[] = [];
  private readonly faults: unknown[] = [];
  private matched: Promise<void> = Promise.resolve();

  private constructor(options: StandOptions) {
    this.options = options;
    this.genesisFrame = encodeGenesis(
      standGenesis(signerOf(1).publicKey, options.genesis ?? {}),
      signerOf(1).sign,
    );
    const genesis = decodeGenesis(this.genesisFrame);
    if (typeof genesis === "string") throw new Error(genesis);
    this.genesis = genesis;
    this.venue = sha256(this.genesisFrame);
    this.store = new MemoryStore(1);
  }

  static async start(options: StandOptions = {}): Promise<Stand> {
    const stand = new Stand(options);
    const header = { shard: 1, rulesVersion: 1, directoryOrigin: 1, logTime: Date.now() * 1000 };
    await stand.store.open().create(encodePack(header, [stand.genesisFrame]));
    stand.startMatcher();
    await stand.startIngress();
    await stand.openAccounts();
    return stand;
  }

  get door(): ShardDoor {
    const door = this.ingress.doors.get(1);
    if (door === undefined) throw new Error("the stand serves shard 1");
    return door;
  }

  /** Position of the newest record. */
  get tip(): number {
    return this.store.streams.in.tip();
  }

  /** A connection that has sent nothing yet. */
  async connect(): Promise<Wire> {
    const wire = await Wire.open(this.ingress.entry.port);
    this.wires.push(wire);
    return wire;
  }

  /** A connection with a login and a hello. */
  async open(): Promise<Wire> {
    const wire = await this.connect();
    wire.login("1");
    await wire.hello();
    return wire;
  }

  /** A connection with these accounts logged on, and what led there read. */
  async logOn(...accounts: readonly Who[]): Promise<Wire> {
    const wire = await this.open();
    for (const who of accounts) {
      const frame = await this.logonFrame(wire, who, 0);
      wire.send(frame);
      await wire.report((report) => report.tag === tagOf(frame));
    }
    return wire;
  }

  async logonFrame(wire: Wire, who: Who, next: number): Promise<Bytes> {
    const { challenge } = await wire.hello();
    return this.sign(codes.FRAME_LOGON, who, [encode.encodeLogon(next, challenge)]);
  }

  /** Alice's or Bob's order, or any commands, with the key's next nonce. */
  trade(who: Who, ...commands: readonly Uint8Array[]): Bytes {
    return this.sign(codes.FRAME_TRADER, who, commands);
  }

  /** An order that rests; its id is the key's next nonce. */
  order(who: Who): Bytes {
    return this.trade(who, order({ clientOrderId: BigInt(this.nonceOf(who) + 1), price: 1 }));
  }

  operate(...commands: readonly Uint8Array[]): Bytes {
    return this.sign(codes.FRAME_OPERATOR, OPERATOR, commands);
  }

  direct(who: Who, command: Uint8Array): Bytes {
    return this.sign(codes.FRAME_DIRECTORY, who, [command]);
  }

  nonceOf(who: Who): number {
    return this.nonces.get(who.key) ?? 0;
  }

  sign(
    kind: number,
    who: Who,
    commands: readonly Uint8Array[],
    fields: { nonce?: number; expiry?: number; signer?: Signer } = {},
  ): Bytes {
    const nonce = this.nonceOf(who) + 1;
    if (fields.nonce === undefined) this.nonces.set(who.key, nonce);
    const shard = kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : 1;
    const { signer = signerOf(who.key), ...rest } = fields;
    const { account, key } = who;
    const header = { kind, shard, venue: this.venue, account, key, nonce, expiry: 0, ...rest };
    return signFrame(header, commands, signer.sign);
  }

  /** Drains ingress as SIGTERM does. */
  async drain(): Promise<void> {
    this.stopping.abort();
    await this.ingress.drain();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const wire of this.wires) wire.cut();
    if (!this.stopping.signal.aborted) await this.drain();
    await this.stopMatcher();
    rmSync(this.dir, { recursive: true, force: true });
    if (this.faults.length > 0) throw new Error(`the stand had a fault: ${String(this.faults[0])}`);
  }

  /** As if its process had ended; `startMatcher` brings it back. */
  async stopMatcher(): Promise<void> {
    this.matching.abort();
    await this.matched;
  }

  startMatcher(): void {
    this.matching = new AbortController();
    const logger = new Logger(QUIET);
    const matcher = new Matcher({
      log: this.store.open(),
      genesis: this.genesis,
      genesisFrame: this.genesisFrame,
      options: { levels: createLevels, roots: false },
      snapshotDir: this.dir,
      snapshotRecords: 1_000_000,
      batchBytesMax: 1 << 18,
      standbyPollMs: 5,
      logger,
      stop: this.matching.signal,
    });
    this.matched = matcher.run().catch((fault: unknown) => void this.faults.push(fault));
  }

  private async startIngress(): Promise<void> {
    const { entry, door, age, drainTimeoutMs = 5000, tickMs = NEVER_MS } = this.options;
    const { genesis, venue } = this;
    const past = this.exported.past(this.genesisFrame);
    this.ingress = await Ingress.start({
      shards: [{ log: this.store.open(), genesis, venue, halted: null, past }],
      verifier: (await openVerifiers()).fast,
      hostname: "127.0.0.1",
      port: 0,
      reusePort: false,
      entryLimits: { ...ENTRY, ...entry },
      sessionAge: age ?? { sessionAgeMsMax: 0, sessionNoticeMs: 0, drainTimeoutMs: 0 },
      doorLimits: { ...DOOR, ...door },
      memoryMarks: { memoryRefuseOrdersPercent: 70, memoryCancelsOnlyPercent: 85 },
      tickMs,
      drainTimeoutMs,
      dashboard: "http://127.0.0.1:9091/",
      logger: new Logger(QUIET),
      now: () => performance.now() + this.ahead,
      stop: this.stopping.signal,
      onFault: (fault) => void this.faults.push(fault),
    });
  }

  private async openAccounts(): Promise<void> {
    const wire = await this.open();
    for (const { account, key } of [ALICE, BOB]) {
      const { publicKey } = signerOf(key);
      const type = codes.COMMAND_ACCOUNT_OPEN;
      const open = encode.encodeKey(type, publicKey, codes.SCOPES_TRADER, 0);
      wire.send(this.direct(OPERATOR, open));
      const money = [1, 2].map((asset) =>
        encode.encodeDeposit(asset, account, 1_000_000_000, 10 * account + asset),
      );
      wire.send(this.operate(...money));
    }
    for (let seen = 0; seen < 4; seen++) {
      await wire.report(({ kind, account }) => kind === codes.REPORT_DEPOSITED && account === 0);
    }
    await wire.close();
  }
}

/** Waits until something is so that no message tells of. */
export async function until(isSo: () => boolean): Promise<void> {
  const from = performance.now();
  while (!isSo()) {
    if (performance.now() - from > WAIT_MS) throw new Error(`in vain until ${isSo.toString()}`);
    await new Promise(setImmediate);
  }
}

/** The signer of a key id: its seed is the id, 32 times. */
export function signerOf(key: number): Signer {
  return signerFromSeed(new Uint8Array(32).fill(key));
}

/** As reports show it. */
export function tagOf(frame: Uint8Array): string {
  return sha256(frame).subarray(0, 8).toHex();
}
