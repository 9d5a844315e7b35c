/**
 * GoldenShard: a shard that does random things, each frame signed by the key that it names, so that
 * its log can be verified by anybody. For making golden logs; nothing here is needed to read one.
 */
import { viewOf } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import { type Signer, signerFromSeed } from "../../src/edges/keys.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import * as codes from "../../src/protocol/codes.ts";
import { type Carry, encodeCarry, encodeShardOpen } from "../../src/protocol/commands.ts";
import { ReportChain } from "../../src/protocol/execution.ts";
import * as frames from "../../src/protocol/frame.ts";
import { decodeGenesis, encodeGenesis, venueOf } from "../../src/protocol/genesis.ts";
import { carryOf, outboxDestination } from "../../src/protocol/outbox.ts";
import {
  encodePack,
  readRecord,
  RECORD_FRAME,
  RECORD_HEADER_SIZE,
  RecordView,
} from "../../src/protocol/record.ts";
import { REPORT_SIZE, ReportBatch } from "../../src/protocol/report.ts";
import { CommandGrammar } from "../support/command-grammar.ts";
import { genesisOf, type Profile } from "../support/grammar-profiles.ts";
import { GrammarWorld } from "../support/grammar-world.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const signers = new Map<string, Signer>();

/** The same for the same name, always. */
export function goldenSigner(name: string): Signer {
  const signer = signerFromSeed(sha256(new TextEncoder().encode(`golden ${name}`)));
  signers.set(signer.publicKey.toHex(), signer);
  return signer;
}

export const CHECKPOINT_NAME = "checkpoint";

class SigningWorld extends GrammarWorld {
  private made = 0;

  override publicKey(): Bytes {
    const { seed, shard } = this.profile;
    return new Uint8Array(goldenSigner(`${seed} ${shard} ${++this.made}`).publicKey);
  }
}

/** The profile's genesis with keys that can sign; `venue` of a shard that another leads. */
function signedGenesis(profile: Profile, venue: Uint8Array | null): Bytes {
  const genesis = decodeGenesis(genesisOf(profile));
  if (typeof genesis === "string") throw new Error(genesis);
  const operators = genesis.operators.map(({ scopes }, i) => {
    return { scopes, publicKey: goldenSigner(`operator ${i}`).publicKey };
  });
  const checkpointKey = goldenSigner(CHECKPOINT_NAME).publicKey;
  const venueField = venue ?? new Uint8Array(32);
  return encodeGenesis({ ...genesis, operators, checkpointKey, venueField }, (message) =>
    goldenSigner("operator 0").sign(message),
  );
}

export class GoldenShard {
  readonly shard: number;
  readonly venue: Uint8Array;
  readonly records: Bytes[] = [];
  /** What it owes others, in order, by destination. */
  readonly owed: { readonly to: number; readonly carry: Carry }[] = [];
  private readonly engine: NaiveEngine;
  private readonly grammar: CommandGrammar;
  private readonly chain = new ReportChain();
  private readonly record = new RecordView();

  constructor(profile: Profile, venue: Uint8Array | null) {
    const genesisFrame = signedGenesis(profile, venue);
    this.shard = profile.shard;
    this.engine = new NaiveEngine(genesisFrame);
    this.engine.followChain(this.chain);
    const { state } = this.engine;
    const world = new SigningWorld(profile, state);
    this.grammar = new CommandGrammar(profile, state, { world, genesisFrame });
    const genesis = decodeGenesis(genesisFrame);
    if (typeof genesis === "string") throw new Error(genesis);
    this.venue = venueOf(genesisFrame, genesis);
  }

  step(): void {
    this.apply(this.signed(this.grammar.next()));
  }

  openShard(shard: number): void {
    this.operate([encodeShardOpen(shard)]);
  }

  bring(carries: readonly Carry[]): void {
    this.operate(carries.map(encodeCarry));
  }

  private operate(commands: readonly Bytes[]): void {
    const { state } = this.engine;
    const header = {
      kind: codes.FRAME_OPERATOR,
      shard: this.shard,
      venue: this.venue,
      account: 0,
      key: 1,
      nonce: state.keys[0]!.high + 1,
      expiry: 0,
    };
    const terms = { shard: this.shard, rulesVersion: codes.RULES_VERSION, directoryOrigin: 1 };
    const frame = frames.encodeFrame(header, commands);
    this.apply(this.signed(encodePack({ ...terms, logTime: state.logTime }, [frame])));
  }

  /** With the signature of the key that the frame names, where there is such a key. */
  private signed(bytes: Bytes): Bytes {
    const { record } = this;
    const wrong = readRecord(viewOf(bytes), 0, record);
    if (wrong !== "") throw new Error(wrong);
    const isFirst = this.engine.position === 0;
    if (record.kind !== RECORD_FRAME || isFirst) return bytes;
    const frame = bytes.subarray(RECORD_HEADER_SIZE);
    const key = this.engine.publicKeyOf(frames.readFrameHeader(viewOf(frame), 0).key);
    const signer = key === null ? undefined : signers.get(key.toHex());
    if (signer !== undefined) {
      frames.signaturePart(frame).set(signer.sign(frames.signedPart(frame)));
    }
    return bytes;
  }

  private apply(bytes: Bytes): void {
    const reports = new ReportBatch();
    readRecord(viewOf(bytes), 0, this.record);
    this.engine.apply(viewOf(bytes), this.record, reports);
    this.chain.step(reports.slice(0));
    this.records.push(bytes);
    for (let at = 0; at < reports.count * REPORT_SIZE; at += REPORT_SIZE) {
      if (reports.view.getUint8(at) !== codes.REPORT_OUTBOX) continue;
      const to = outboxDestination(reports.view, at);
      this.owed.push({ to, carry: carryOf(reports.view, at, this.shard) });
    }
  }
}
