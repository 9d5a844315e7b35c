/**
 * Workload: what traders and operators ask for, drawn from the whole command grammar. The state
 * that the grammar looks at is the oracle's, so most of it is accepted and some is wrong on
 * purpose.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { NaiveKey } from "../../src/naive/naive-state.ts";
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
import { FIRST_TRADER, type Setup } from "./setup.ts";
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

export interface OperatorFrame {
  readonly kind: number;
  readonly account: number;
  readonly key: NaiveKey;
  readonly command: Uint8Array<ArrayBuffer>;
}

export class Workload {
  private readonly world: World;
  private readonly setup: Setup;
  private readonly oracle: Oracle;
  private grammar: SigningWorld | null = null;
  private stateOf: unknown = null;

  constructor(world: World, setup: Setup, oracle: Oracle) {
    this.world = world;
    this.setup = setup;
    this.oracle = oracle;
  }

  traderCommands(account: number, prng: Prng): Uint8Array<ArrayBuffer>[] {
    const { batchMax, batchPercent } = this.setup.profile;
    const count = prng.chance(batchPercent) ? prng.between(1, batchMax) : 1;
    const grammar = this.look();
    return Array.from({ length: count }, () =>
      traderCommand(grammar, account, this.pick(TRADER_KINDS, prng)),
    );
  }

  /** Of an operator or about the directory; null where nobody of ours can sign it. */
  operatorFrame(prng: Prng): OperatorFrame | null {
    const grammar = this.look();
    const main = grammar.state.keys[0]!;
    const kind = this.pick([...OPERATOR_KINDS, ...DIRECTORY_KINDS], prng);
    if (kind === "account_open" || kind === "key_add" || kind === "key_revoke") {
      const { account, key, bytes } = directoryCommand(grammar, kind);
      if (key === undefined || account !== 0) return null;
      return { kind: codes.FRAME_DIRECTORY, account, key, command: bytes };
    }
    const key = signer(grammar, 0, SCOPE_OF[kind]) ?? main;
    const command = operatorCommand(grammar, kind, key, 0);
    return { kind: codes.FRAME_OPERATOR, account: 0, key, command };
  }

  private pick<K extends Kind>(kinds: readonly K[], prng: Prng): K {
    const { weights } = this.setup.profile;
    const total = kinds.reduce((sum, kind) => sum + weights[kind], 0);
    let left = prng.unit() * total;
    const found = kinds.find((kind) => (left -= weights[kind]) < 0);
    return found ?? prng.pick(kinds);
  }

  /** After a lost suffix the oracle's state is another one. */
  private look(): SigningWorld {
    const { state } = this.oracle.engine;
    if (this.grammar === null || this.stateOf !== state) {
      this.grammar = new SigningWorld(this.setup.profile, state);
      this.stateOf = state;
    }
    this.grammar.logTime = START_US + this.world.now;
    return this.grammar;
  }
}
