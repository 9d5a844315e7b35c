/**
 * CuredVenue: a shard whose record 5 has an answer under the second version of the rules alone,
 * halted there, with what lay behind it already.
 *
 *   1 genesis  2 account  3 deposit  4 withdraw 1 | 5 poison  6 withdraw 2  7 tick, a second later
 *
 * Of its two operators the second may do everything but change the rules.
 */
import { join } from "node:path";
import { reasonsOf } from "../../src/edges/halt-mark.ts";
import { createLevels } from "../../src/engine/levels.ts";
import type { RuleTable } from "../../src/engine/rules.ts";
import { encodeClear, reasonHash } from "../../src/protocol/clear.ts";
import * as codes from "../../src/protocol/codes.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { decodeGenesis, encodeGenesis } from "../../src/protocol/genesis.ts";
import { encodeUpgrade, type Upgrade } from "../../src/protocol/governing.ts";
import { CommitmentFile } from "../../src/settlement-plane/commitment-file.ts";
import { Recompute, type Recomputed } from "../../src/settlement-plane/recompute.ts";
import { CHECKPOINT, OPERATOR, seeded, smallGenesis } from "../support/sealed-venue.ts";
import { CURED, POISON } from "./second-rules.ts";
import { judge, UpgradedVenue } from "./upgraded-venue.ts";

/** Position of the record without successor state, and of the newest when the shard halted. */
export const P = 5;
export const TAIL = 7;
const WHY = "its frame: amount is zero or not below 2^53";
export const HALT = `record ${P} has no successor state: ${WHY}`;

const NO_RULES = { signer: seeded(9), scopes: codes.SCOPES_OPERATOR & ~codes.SCOPE_RULES };

function genesisOfTwo(): Uint8Array {
  const genesis = decodeGenesis(smallGenesis(OPERATOR, CHECKPOINT));
  if (typeof genesis === "string") throw new Error(genesis);
  const second = { publicKey: NO_RULES.signer.publicKey, scopes: NO_RULES.scopes };
  const operators = [...genesis.operators, second];
  // So many commands have come with the poison: a checkpoint would be due right behind it.
  const terms = { ...genesis, operators, checkpointCommands: P };
  return encodeGenesis(terms, (message) => OPERATOR.sign(message));
}

export class CuredVenue extends UpgradedVenue {
  /** Somebody who reaches the log, and has no key of the venue. */
  static readonly stranger = seeded(8);

  /** Records 1 to 3. */
  static override async open(dir: string): Promise<CuredVenue> {
    const venue = new CuredVenue(dir, genesisOfTwo());
    await venue.begin();
    return venue;
  }

  /** Halted, in a directory of its own; by garbage instead, where there is some. */
  static async halted(dir: string, garbage?: Uint8Array): Promise<CuredVenue> {
    const venue = await CuredVenue.open(dir);
    await venue.append(venue.withdraw(1, 1));
    await venue.append(garbage ?? venue.withdraw(1, POISON));
    await venue.append(venue.withdraw(1, 2));
    venue.nextSecond();
    await venue.ticks(1);
    const fault = await venue.match(CURED, TAIL);
    if (garbage === undefined && fault?.message !== HALT) throw new Error("not halted there");
    await venue.log.halt(fault?.message ?? "");
    return venue;
  }

  /** Of a frame for the halted shard: its position, or null if the log did not take it. */
  async appendToHalted(frame: Uint8Array): Promise<number | null> {
    const writer = await this.log.openInputWriter();
    this.nextSecond();
    return (await writer.appendToHalted(frame, this.store.halted ?? ""))?.first ?? null;
  }

  /** By the operator who may not. */
  upgradeWithoutScope(version: number, from: number): Uint8Array {
    const who = { kind: codes.FRAME_OPERATOR, shard: 1, account: 0, key: 2 };
    return this.signed(who, encodeUpgrade({ version, from }), NO_RULES.signer);
  }

  /** By the operator who may, with a nonce of the test's own, and perhaps by another's hand. */
  upgradeAs(to: Upgrade, nonce: number, by = OPERATOR): Uint8Array {
    const who = { kind: codes.FRAME_OPERATOR, shard: 1, account: 0, key: 1 };
    const header = { ...who, venue: this.venue, nonce, expiry: 0 };
    return signFrame(header, [encodeUpgrade(to)], (message) => by.sign(message));
  }

  /** What settlement finds when it executes the halted shard once more. */
  async recomputed(rules: RuleTable = CURED): Promise<Recomputed> {
    const stop = new AbortController();
    const signed = new CommitmentFile(join(this.dir, "settlement"));
    const recompute = this.recompute(rules, signed, stop.signal);
    const run = recompute.untilLifted();
    while (recompute.found === null) await Bun.sleep(1);
    stop.abort();
    await run;
    signed.close();
    return recompute.found;
  }

  recompute(rules: RuleTable, signed: CommitmentFile, stop: AbortSignal): Recompute {
    return new Recompute({
      log: this.store.open(),
      genesis: this.genesis,
      genesisFrame: this.genesisFrame,
      options: { levels: createLevels, roots: true, rules },
      terms: { shard: 1, directoryOrigin: 1, intervalUs: 1_000_000, commandsMax: P },
      judge,
      aheadBytesMax: 1 << 20,
      signed,
      onPublished: () => undefined,
      stop,
    });
  }

  /** The Clear of this halt, as the operator signs it from that; it is appended. */
  clear({ position, chain }: Recomputed): Promise<number | null> {
    const reason = reasonHash(reasonsOf(this.store.halted ?? "").join(" | "));
    const command = encodeClear({ position, chain, reason });
    return this.appendToHalted(this.operator(codes.FRAME_OPERATOR, command));
  }
}
