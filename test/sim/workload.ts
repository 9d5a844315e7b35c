/**
 * Workload: what traders and operators ask for, drawn from the whole command grammar. The state
 * that the grammar looks at is the oracle's, so most of it is accepted and some is wrong on
 * purpose.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { NaiveKey } from "../../src/naive/naive-state.ts";
import { equalBytes } from "../../src/base/bytes.ts";
import { encodeKeyRevoke } from "../../src/protocol/commands.ts";
import * as codes from "../../src/protocol/codes.ts";
import {
  directoryCommand,
  OPERATOR_KINDS,
  operatorCommand,
  SCOPE_OF,
  signer,
} from "../support/grammar-operators.ts";
import type { Kind } from "../support/grammar-profiles.ts";
import { TRADER_KINDS, traderCommand } from "../support/grammar-traders.ts";
import { GrammarWorld } from "../support/grammar-world.ts";
import type { Oracle } from "./oracle.ts";
import { CARRY_SIGNER, FIRST_TRADER, type Setup } from "./setup.ts";
import { signerOf } from "./signers.ts";
import { START_US, type World } from "./world.ts";

/** The grammar's world, whose new keys are ones that we can sign with. */
class SigningWorld extends GrammarWorld {
  private next = FIRST_TRADER + 8;

  override publicKey(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(signerOf(this.next++).publicKey);
  }
}

const DIRECTORY_KINDS = ["account_open", "key_add", "key_revoke"] as const;
/** Who has upgraded to rules that this build does not have can start no service of it any more. */
const isDrawn = (kind: Kind): boolean => kind !== "upgrade";
const ALL_KINDS = [...OPERATOR_KINDS, ...DIRECTORY_KINDS].filter(isDrawn);
/** Without its key nothing is carried any more. */
const CARRIER_OUT = encodeKeyRevoke(CARRY_SIGNER + 1);
const LONERS: ReadonlySet<Kind> = new Set(["carry", "asset_open"]);
const OF_LEADER: ReadonlySet<Kind> = new Set(["deposit", ...DIRECTORY_KINDS]);

export interface OperatorFrame {
  readonly kind: number;
  readonly account: number;
  readonly key: NaiveKey;
  readonly command: Uint8Array<ArrayBuffer>;
}

export class Workload {
  private readonly world: World;
  private readonly setup: Setup;
  private readonly oracles: ReadonlyMap<number, Oracle>;
  private readonly grammars = new Map<number, SigningWorld>();

  constructor(world: World, setup: Setup, oracles: ReadonlyMap<number, Oracle>) {
    this.world = world;
    this.setup = setup;
    this.oracles = oracles;
  }

  traderCommands(shard: number, account: number, prng: Prng): Uint8Array<ArrayBuffer>[] {
    const { batchMax, batchPercent } = this.setup.profile;
    const count = prng.chance(batchPercent) ? prng.between(1, batchMax) : 1;
    const grammar = this.look(shard);
    return Array.from({ length: count }, () =>
      traderCommand(grammar, account, this.pick(TRADER_KINDS, prng)),
    );
  }

  /** Of an operator or about the directory; null where nobody of ours can sign it. */
  operatorFrame(prng: Prng, shard: number): OperatorFrame | null {
    const grammar = this.look(shard);
    const main = grammar.state.keys[0]!;
    const kind = this.pick(this.kindsOf(shard), prng);
    if (kind === "account_open" || kind === "key_add" || kind === "key_revoke") {
      const { account, key, bytes } = directoryCommand(grammar, kind);
      if (key === undefined || account !== 0) return null;
      if (this.setup.shards > 1 && equalBytes(bytes, CARRIER_OUT)) return null;
      return { kind: codes.FRAME_DIRECTORY, account, key, command: bytes };
    }
    const key = signer(grammar, 0, SCOPE_OF[kind]) ?? main;
    const command = operatorCommand(grammar, kind, key, 0);
    return { kind: codes.FRAME_OPERATOR, account: 0, key, command };
  }

  /** Where there are shards, funds come in by the first, all have the same assets, and none lies. */
  private kindsOf(shard: number): readonly (typeof ALL_KINDS)[number][] {
    if (this.setup.shards === 1) return ALL_KINDS;
    return ALL_KINDS.filter((kind) => !LONERS.has(kind) && (shard === 1 || !OF_LEADER.has(kind)));
  }

  private pick<K extends Kind>(kinds: readonly K[], prng: Prng): K {
    const { weights } = this.setup.profile;
    const total = kinds.reduce((sum, kind) => sum + weights[kind], 0);
    let left = prng.unit() * total;
    const found = kinds.find((kind) => (left -= weights[kind]) < 0);
    return found ?? prng.pick(kinds);
  }

  /** After a lost suffix the oracle's state is another one. */
  private look(shard: number): SigningWorld {
    const { state } = this.oracles.get(shard)!.engine;
    let grammar = this.grammars.get(shard);
    if (grammar?.state !== state) {
      grammar = new SigningWorld(this.setup.profile, state);
      this.grammars.set(shard, grammar);
    }
    grammar.logTime = START_US + this.world.now;
    return grammar;
  }
}
