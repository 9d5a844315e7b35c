/**
 * CommandGrammar: records at random over the whole grammar, from one seed, with rising log times.
 *
 *   const profile = profileOf(seed);
 *   const naive = new NaiveEngine(genesisOf(profile));
 *   const grammar = new CommandGrammar(profile, naive.state);
 *   loop: record = grammar.next(); apply it to the engines; and so on
 *
 * The first record is genesis, then accounts open and are paid, then all sorts of things happen.
 * Every record has a successor state: frames are whole, though unsigned (`apply` checks no
 * signature). The same seed and the same answers of the engine give the same records.
 */
import type { NaiveKey, NaiveState } from "../../src/naive/naive-state.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import { decodeGenesis, venueOf } from "../../src/protocol/genesis.ts";
import { encodePack } from "../../src/protocol/record.ts";
import {
  directoryCommand,
  OPERATOR_KINDS,
  operatorCommand,
  type OperatorKind,
  SCOPE_OF,
  signer,
} from "./grammar-operators.ts";
import { openedElsewhere, sentFromElsewhere } from "./grammar-carry.ts";
import { ASSETS } from "./grammar-markets.ts";
import { genesisOf, type Kind, KINDS, type Profile } from "./grammar-profiles.ts";
import { clampAmount } from "./grammar-numbers.ts";
import { massCancel, TRADER_KINDS, traderCommand, type TraderKind } from "./grammar-traders.ts";
import { GrammarWorld } from "./grammar-world.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Who signs; a key that does not exist is named by its number alone. */
interface Signer {
  readonly kind: number;
  readonly account: number;
  readonly key: NaiveKey | undefined;
}

const TRADE: readonly Kind[] = TRADER_KINDS;
const OPERATE: readonly Kind[] = OPERATOR_KINDS;

/** Commands of an operator's frame at most, where it is not two. */
const MOST: Partial<Record<OperatorKind, number>> = {
  deposit: 20,
  carry: 20,
  clear: 1,
  upgrade: 1,
};

function isTraderKind(kind: Kind): kind is TraderKind {
  return TRADE.includes(kind);
}

function isOperatorKind(kind: Kind): kind is OperatorKind {
  return OPERATE.includes(kind);
}

export class CommandGrammar {
  readonly genesisFrame: Bytes;
  private readonly profile: Profile;
  private readonly state: NaiveState;
  private readonly world: GrammarWorld;
  private readonly venue: Uint8Array;
  private readonly opening: (() => Bytes)[];

  /** `world`: where new keys come from; `genesisFrame`: that of the state, if not the profile's. */
  constructor(
    profile: Profile,
    state: NaiveState,
    { world = new GrammarWorld(profile, state), genesisFrame = genesisOf(profile) } = {},
  ) {
    this.profile = profile;
    this.state = state;
    this.world = world;
    this.genesisFrame = genesisFrame;
    const genesis = decodeGenesis(this.genesisFrame);
    if (typeof genesis === "string") throw new Error(genesis);
    this.venue = venueOf(this.genesisFrame, genesis);
    this.opening = this.writeOpening();
  }

  /** The next record. Apply it to the engine whose state this is before asking for another. */
  next(): Bytes {
    const { prng } = this.world;
    const first = this.opening.shift();
    if (first !== undefined) return this.record(first());
    this.world.logTime += prng.pick(this.profile.pace);
    if (prng.below(1000) < this.profile.leapPermille) this.world.logTime += codes.DAY_US;
    const kind = this.isStuck() && prng.chance(20) ? "market_state" : this.pickKind(KINDS);
    if (kind === "tick") return this.record(new Uint8Array(0));
    return this.record(this.frame(kind));
  }

  /** No market is open. */
  private isStuck(): boolean {
    return this.world.markets().every(({ state }) => state !== codes.STATE_OPEN);
  }

  private record(frame: Bytes): Bytes {
    const { logTime } = this.world;
    const { shard } = this.profile;
    const rulesVersion = codes.RULES_VERSION;
    return encodePack({ shard, rulesVersion, directoryOrigin: 1, logTime }, [frame]);
  }

  private pickKind<K extends Kind>(kinds: readonly K[]): K {
    const { weights } = this.profile;
    const total = kinds.reduce((sum, kind) => sum + weights[kind], 0);
    let left = this.world.prng.unit() * total;
    for (const kind of kinds) {
      left -= weights[kind];
      if (left < 0) return kind;
    }
    return this.world.prng.pick(kinds);
  }

  private frame(kind: Exclude<Kind, "tick">): Bytes {
    if (isTraderKind(kind)) return this.traderFrame(kind);
    if (isOperatorKind(kind)) return this.operatorFrame(kind);
    if (kind === "disconnect") return this.disconnectFrame();
    if (kind === "logon") {
      const account = this.world.pickAccount();
      const key = signer(this.world, account, codes.SCOPE_READ);
      const next = this.world.prng.pick([0, 1, codes.AMOUNT_MAX]);
      const bytes = encode.encodeLogon(next, this.world.prng.bytes(32));
      return this.sign({ kind: codes.FRAME_LOGON, account, key }, [bytes]);
    }
    const { account, key, bytes } = directoryCommand(this.world, kind);
    return this.sign({ kind: codes.FRAME_DIRECTORY, account, key }, [bytes]);
  }

  private traderFrame(kind: TraderKind): Bytes {
    const account = this.world.pickAccount();
    const scope = kind === "withdraw" ? codes.SCOPE_WITHDRAW : codes.SCOPE_TRADE;
    const key = signer(this.world, account, scope);
    const commands = [traderCommand(this.world, account, kind)];
    for (let more = this.batchCount(); more > 1; more--) {
      commands.push(traderCommand(this.world, account, this.pickKind(TRADER_KINDS)));
    }
    return this.sign({ kind: codes.FRAME_TRADER, account, key }, commands);
  }

  /** Mostly of a key that has logged on, and with the nonce of that. */
  private disconnectFrame(): Bytes {
    const { prng } = this.world;
    const account = this.world.pickAccount();
    const keys = this.world.keysOf(account);
    const on = keys.filter(({ logon }) => logon !== 0);
    const key = on.length > 0 && !prng.chance(5) ? prng.pick(on) : keys[0];
    const logon = key?.logon ?? 1;
    const odd = prng.chance(this.profile.spoilFramePercent);
    const nonce = odd ? prng.pick([logon - 1, logon + 1, key?.high ?? 1, 1]) : logon;
    const header = { kind: codes.FRAME_DISCONNECT, account, key };
    return this.sign(header, [massCancel(this.world)], clampAmount(nonce));
  }

  private operatorFrame(kind: OperatorKind): Bytes {
    const key = signer(this.world, 0, SCOPE_OF[kind]) ?? this.state.keys[0]!;
    const commands = [operatorCommand(this.world, kind, key, 0)];
    for (let more = Math.min(this.batchCount(), MOST[kind] ?? 2); more > 1; more--) {
      commands.push(operatorCommand(this.world, kind, key, commands.length));
    }
    return this.sign({ kind: codes.FRAME_OPERATOR, account: 0, key }, commands);
  }

  private batchCount(): number {
    const { batchMax, batchPercent, limits } = this.profile;
    const { prng } = this.world;
    if (!prng.chance(batchPercent)) return 1;
    // A batch with less than four reports to spare is refused from its first command on.
    const most = prng.chance(5) ? batchMax : Math.min(batchMax, limits.reportsPerRecordMax - 3);
    return prng.between(1, prng.pick([2, most, most]));
  }

  /** `named`: the nonce, where it is not the key's next. */
  private sign({ kind, account, key }: Signer, commands: readonly Bytes[], named = 0): Bytes {
    const { prng } = this.world;
    const odd = prng.chance(this.profile.spoilFramePercent);
    const strange = odd && prng.chance(15);
    const strangeKey = prng.pick([0, prng.below(this.state.keys.length + 4), codes.U32_MAX]);
    const header = {
      kind,
      shard: kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : this.profile.shard,
      venue: this.venue,
      account: strange && account !== 0 ? prng.pick([account, 77_777]) : account,
      key: key === undefined || strange ? strangeKey : key.id,
      nonce: named !== 0 ? named : key === undefined ? 1 : this.nonce(key, odd),
      expiry: this.expiry(odd),
    };
    return encodeFrame(header, commands);
  }

  /** Mostly the next; a late one, a gap or a leap now and then; odd ones are mostly refused. */
  private nonce(key: NaiveKey, odd: boolean): number {
    const { prng } = this.world;
    const { high } = key;
    if (!odd) {
      const leap = prng.pick([2, 63, 1_023, 1_024, 1_025, codes.NONCE_AHEAD_MAX]);
      const next = high + (prng.chance(4) ? leap : 1);
      const late = high - prng.between(1, 40);
      return !key.used.has(late) && late > 0 && prng.chance(20) ? late : next;
    }
    const offsets = [1, 0, -1, -1_022, -1_023, -1_024, -1_025, 1_048_576, 1_048_577, 2 ** 40];
    return clampAmount(high + prng.pick(offsets));
  }

  private expiry(odd: boolean): number {
    const { prng, logTime } = this.world;
    if (odd && prng.chance(40)) return logTime - prng.pick([1, 1_000_000]);
    return prng.chance(10) ? logTime + prng.pick([0, 1, 1_000_000]) : 0;
  }

  /** Genesis, an account each, and their money. */
  private writeOpening(): (() => Bytes)[] {
    const { world, profile } = this;
    const opening = [() => this.genesisFrame];
    const key = (): NaiveKey => this.state.keys[0]!;
    const plain = (kind: number, commands: readonly Bytes[]): Bytes =>
      encodeFrame(
        {
          kind,
          shard: kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : profile.shard,
          venue: this.venue,
          account: 0,
          key: 1,
          nonce: key().high + 1,
          expiry: 0,
        },
        commands,
      );
    const leads = profile.shard === 1;
    for (let i = 0; i < profile.accounts; i++) {
      const scopes = codes.SCOPES_TRADER;
      const publicKey = world.publicKey();
      const bytes = encode.encodeKey(codes.COMMAND_ACCOUNT_OPEN, publicKey, scopes, 0);
      opening.push(() => {
        if (leads) return plain(codes.FRAME_DIRECTORY, [bytes]);
        return plain(codes.FRAME_OPERATOR, [openedElsewhere(this.state, publicKey)]);
      });
    }
    const each = Math.floor((codes.AMOUNT_MAX / profile.accounts / 100) * profile.fundsPercent);
    for (let account = 1; account <= profile.accounts; account++) {
      for (const asset of ASSETS) {
        opening.push(() => {
          const reference = key().reference + 1;
          const bytes = leads
            ? encode.encodeDeposit(asset, account, each, reference)
            : sentFromElsewhere(this.state, asset, account, each);
          return plain(codes.FRAME_OPERATOR, [bytes]);
        });
      }
    }
    return opening;
  }
}
