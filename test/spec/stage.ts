/**
 * Stage: a small shard for plays. Who is who, whose nonce is next, and one record after the other.
 *
 * Everybody who is named gets an account and funds when first spoken of: by operators where the
 * directory is led, by the carrier elsewhere. `operator` holds every operator scope, `clerk`
 * custody alone. After each record all is checked that must always be true: stage-checks.ts.
 */
import { viewOf } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as command from "../../src/protocol/commands.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { carryOf } from "../../src/protocol/outbox.ts";
import { encodePack, readRecord, RecordView } from "../../src/protocol/record.ts";
import {
  type Report,
  readReport,
  REPORT_SECOND_AT,
  REPORT_SIZE,
  REPORT_SUBJECT_AT,
  ReportBatch,
} from "../../src/protocol/report.ts";
import type { SpecEngine } from "./engines.ts";
import { checkOrderIds, checkOutbox, type Owed, StageChecks } from "./stage-checks.ts";
import {
  BTC,
  OPERATOR_KEYS,
  publicKeyOf,
  SOME_VENUE,
  stageGenesis,
  type StageOptions,
  USD,
} from "./stage-genesis.ts";

const START_TIME = 1000;

/** A key and the account it signs for. */
export interface NamedKey {
  readonly account: number;
  readonly key: number;
}

/** Who has which account, and which key, by name: the same on all shards of a venue. */
export class People {
  readonly accounts = new Map([
    ["operator", 0],
    ["clerk", 0],
  ]);
  readonly keys = new Map<string, NamedKey>([
    ["operator", { account: 0, key: 1 }],
    ["clerk", { account: 0, key: 2 }],
  ]);

  /** The key that this report tells of is called so from now on, and its account `owner`. */
  know(name: string, owner: string, added: Report): void {
    const account = added.subject;
    this.accounts.set(owner, account);
    this.keys.set(name, { account, key: keyIn(added) });
  }
}

/** What may be set of a frame beyond its signer. */
export interface FrameTerms {
  nonce?: number;
  expiry?: number;
  /** Another key than the account's first: its name, or a number that may be nobody's. */
  key?: string;
}

export class Stage {
  readonly engine: SpecEngine;
  readonly shard: number;
  readonly people: People;
  readonly venue: Uint8Array;
  /** Log time of the next record. */
  time = START_TIME;
  /** Reports of the last record, but for what it owes to other shards. */
  said: readonly Report[] = [];
  /** What the last record owes to other shards, and what all records do. */
  owes: readonly Owed[] = [];
  readonly owed: Owed[] = [];
  /** Account and key of each key_added, in hex: the same on every shard, as far as it has come. */
  readonly keysAdded: string[] = [];
  private readonly origin: number;
  private readonly checks: StageChecks;
  private readonly reports = new ReportBatch();
  private readonly nonces = new Map<number, number>();
  private readonly funds: number;
  private readonly ownPeople: boolean;
  private reference = 1_000_000;
  private keyCount = OPERATOR_KEYS;

  /** `people`: those of the venue, where they are not all met on this stage. */
  constructor(
    open: (genesisFrame: Uint8Array) => SpecEngine,
    options: StageOptions,
    people?: People,
  ) {
    const { shard = 1, origin = 1, funds = 1_000_000 } = options;
    const frame = stageGenesis(options);
    this.engine = open(frame);
    this.shard = shard;
    this.origin = origin;
    this.funds = funds;
    this.venue = shard === origin ? sha256(frame) : (options.venue ?? SOME_VENUE);
    this.checks = new StageChecks(this.engine, shard, origin);
    this.ownPeople = people === undefined;
    this.people = people ?? new People();
    this.record(frame);
  }

  /** The first key of whoever is called so; an account and its funds if the name is new. */
  signer(name: string): NamedKey {
    const known = this.people.keys.get(name);
    if (known !== undefined) return known;
    const leads = this.shard === this.origin;
    if (!leads && !this.ownPeople) throw new Error(`${name} must be named on the first shard`);
    const [opened] = leads ? this.openAccount() : this.bringAccount();
    if (opened?.kind !== codes.REPORT_ACCOUNT_OPENED) {
      throw new Error(`no account for ${name}, who must be named before something is due`);
    }
    this.people.know(name, name, opened);
    for (const asset of this.funds === 0 ? [] : [USD, BTC]) this.fund(opened.subject, asset);
    return this.people.keys.get(name)!;
  }

  private openAccount(): Report[] {
    const open = this.keyCommand(codes.COMMAND_ACCOUNT_OPEN, codes.SCOPES_TRADER, 0);
    return this.send("operator", codes.FRAME_DIRECTORY, [open]);
  }

  private bringAccount(): Report[] {
    const account = new Set(this.people.accounts.values()).size;
    const key = this.keyCount + 1;
    const entry = { entry: codes.ENTRY_ACCOUNT_OPEN, account, key, scopes: codes.SCOPES_TRADER };
    const { directory } = this.engine.stated();
    const publicKey = publicKeyOf(key);
    return this.bring({ ...entry, number: directory + 1, expiry: 0, directory: 0, publicKey });
  }

  private fund(account: number, asset: number): void {
    const amount = this.funds;
    if (this.shard === this.origin) {
      const deposit = command.encodeDeposit(asset, account, amount, ++this.reference);
      this.send("operator", codes.FRAME_OPERATOR, [deposit]);
      return;
    }
    const { directory, links } = this.engine.stated();
    const number = links.find(([shard]) => shard === this.origin)![2] + 1;
    const entry = { entry: codes.ENTRY_CREDIT, account, number, key: asset, scopes: 0 };
    this.bring({ ...entry, expiry: amount, directory, publicKey: new Uint8Array(32) });
  }

  /** What the shard that leads the directory would owe this one. */
  private bring(carry: Omit<command.Carry, "source">): Report[] {
    const bytes = command.encodeCarry({ ...carry, source: this.origin });
    return this.send("operator", codes.FRAME_OPERATOR, [bytes]);
  }

  /** A command with a public key that nobody has; the one of key `like` if that is given. */
  keyCommand(type: number, scopes: number, expiry: number, like = this.keyCount + 1): Uint8Array {
    return command.encodeKey(type, publicKeyOf(like), scopes, expiry);
  }

  /** One record with a frame of these commands, and what the engine said. */
  send(
    name: string,
    kind: number,
    commands: readonly Uint8Array[],
    terms: FrameTerms = {},
  ): Report[] {
    const { account } = this.signer(name);
    const key = this.keyOf(terms.key ?? name);
    const high = this.nonces.get(key) ?? 0;
    const nonce = terms.nonce ?? high + 1;
    this.nonces.set(key, Math.max(high, nonce));
    const shard = kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : this.shard;
    const header = { kind, shard, venue: this.venue, account, key, nonce };
    const said = this.record(encodeFrame({ ...header, expiry: terms.expiry ?? 0 }, commands));
    checkOrderIds(said, key, nonce);
    return said;
  }

  private keyOf(name: string): number {
    if (/^\d+$/.test(name)) return Number(name);
    const known = this.people.keys.get(name);
    if (known === undefined) throw new Error(`there is no key ${name}`);
    return known.key;
  }

  /** A record without a frame. */
  tick(): Report[] {
    return this.record(new Uint8Array(0));
  }

  private record(frame: Uint8Array): Report[] {
    const { shard, origin, time } = this;
    const header = { shard, rulesVersion: 1, directoryOrigin: origin, logTime: time };
    const view = viewOf(encodePack(header, [frame]));
    const record = new RecordView();
    if (readRecord(view, 0, record) !== "") throw new Error("the stage writes whole records");
    this.reports.clear();
    this.engine.apply(view, record, this.reports);
    const said: Report[] = [];
    const owes: Owed[] = [];
    for (let at = 0; at < this.reports.count * REPORT_SIZE; at += REPORT_SIZE) {
      const report = readReport(this.reports.view, at);
      if (report.kind === codes.REPORT_OUTBOX) owes.push(this.readOwed(at, report));
      else said.push(report);
      if (report.kind === codes.REPORT_KEY_ADDED) {
        const key = this.reports.bytes.slice(at + REPORT_SUBJECT_AT, at + REPORT_SECOND_AT);
        this.keysAdded.push(key.toHex());
      }
    }
    const added = said.filter((report) => report.kind === codes.REPORT_KEY_ADDED);
    this.keyCount = Math.max(this.keyCount, ...added.map(keyIn));
    this.said = said;
    this.owes = owes;
    this.owed.push(...owes);
    this.checks.check(said, owes, frame);
    return said;
  }

  private readOwed(at: number, report: Report): Owed {
    const carry = carryOf(this.reports.view, at, this.shard);
    const owed = { to: report.subject, carry, report };
    checkOutbox(this.reports, at, owed);
    return owed;
  }
}

/** account_opened and key_added have the key id where other reports have `cumulative`. */
function keyIn(added: Report): number {
  return added.cumulative;
}
