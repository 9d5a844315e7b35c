/**
 * ChaosSetup: what a seed stands for: level, sizes, habits, which kinds of fault, and whether one
 * great blow falls.
 *
 *   kinds   small faults, again and again for some seconds; which of them is drawn per round
 *   blow    at most one: a failover, a power loss, a flush
 *   sequel  "clear": in place of a blow an operator halts a shard, and lifts that by a Clear;
 *           "restore": behind the blow all is made anew from the export, and goes on
 *   end     what may come of it: "on" everything goes on; "halt" if the level was exceeded the
 *           shard may halt, and must if something that was told is gone; "lost" nobody goes on
 */
import { Prng } from "../../src/base/prng.ts";
import type { Level } from "../sim/setup.ts";

export const KINDS = [
  "kill service",
  "stop service",
  "kill redis",
  "stop redis",
  "sleep redis",
  "kill replica",
  "stop replica",
  "cuts",
  "delays",
  "doubles",
  "half open",
  "partition",
  "resets",
  "kill client",
  "second matcher",
  "old matcher wakes",
  "memory",
  "clock of a service",
  "clock of redis",
  "full disk",
] as const;
export type Kind = (typeof KINDS)[number];

export const BLOWS = [
  "none",
  "failover",
  "lagging failover",
  "old primary lives",
  "power loss",
  "deep cut",
  "restart empty",
  "flush",
] as const;
export type Blow = (typeof BLOWS)[number];

export const SEQUELS = ["none", "clear", "restore"] as const;
export type Sequel = (typeof SEQUELS)[number];
export type End = "on" | "halt" | "lost";

/** What this machine lacks: kinds that need it are left out, and said so. */
export interface Means {
  readonly shim: boolean;
  readonly rooms: boolean;
}

export interface ChaosSetup {
  readonly seed: number;
  readonly level: Level;
  readonly appendfsync: "no" | "everysec" | "always";
  readonly nodes: number;
  readonly shards: number;
  readonly ingresses: number;
  readonly matchers: number;
  /** Both compute, one leads. */
  readonly settlements: number;
  /** All settlements export continuously to one directory, else each to its own. */
  readonly sharesExport: boolean;
  /** Redis lets go of what is exported as soon as it may. */
  readonly trims: boolean;
  /** Matchers that stand by for all shards, all the time. */
  readonly standbys: number;
  readonly traders: number;
  /** Between two frames of a trader on one shard, at most. */
  readonly gapMs: number;
  readonly batchMax: number;
  readonly unreachableMsMax: number;
  readonly unmatchedMax: number;
  readonly kinds: readonly Kind[];
  readonly blow: Blow;
  readonly sequel: Sequel;
  readonly end: End;
  /** Whose disk is small. */
  readonly smallDisk: "redis" | "settlement" | null;
  readonly faultMs: number;
  /** Between two small faults, at most. */
  readonly pauseMs: number;
}

export interface Wishes {
  readonly level?: Level | undefined;
  readonly kinds?: readonly Kind[] | undefined;
  readonly blow?: Blow | undefined;
  readonly sequel?: Sequel | undefined;
}

const BLOWS_OF: Readonly<Record<Level, readonly Blow[]>> = {
  D0: ["none", "none", "restart empty", "flush"],
  D1: ["none", "power loss", "deep cut", "failover", "flush"],
  D2: ["none", "none", "power loss", "power loss", "deep cut", "lagging failover", "flush"],
  D3: ["none", "failover", "lagging failover", "lagging failover", "old primary lives", "flush"],
};
const NEEDS_SHIM: readonly (Kind | Blow)[] = ["clock of a service", "clock of redis", "power loss"];
const NEEDS_REPLICA: readonly Kind[] = ["kill replica", "stop replica"];
const FAILOVERS: readonly Blow[] = ["failover", "lagging failover", "old primary lives"];

export function chaosSetup(seed: number, means: Means, wishes: Wishes = {}): ChaosSetup {
  const prng = new Prng(seed ^ 0xc4a05);
  const level =
    wishes.level ?? prng.pick<Level>(["D0", "D1", "D2", "D2", "D2", ...many<Level>("D3", 5)]);
  const drawn = wishes.blow ?? prng.pick(BLOWS_OF[level]);
  const blow = NEEDS_SHIM.includes(drawn) && !means.shim ? "none" : drawn;
  const appendfsync = syncOf(level, prng);
  const fails = FAILOVERS.includes(blow);
  const nodes = level === "D3" ? (fails ? 3 : 2) : fails ? 2 : 1;
  const share = prng.pick([15, 30, 60]);
  const wished = wishes.kinds ?? KINDS.filter(() => prng.chance(share));
  const isOk = (kind: Kind): boolean =>
    (means.shim || !NEEDS_SHIM.includes(kind)) &&
    (means.rooms || kind !== "full disk") &&
    (nodes > 1 || !NEEDS_REPLICA.includes(kind)) &&
    (kind !== "kill redis" || mayKillRedis(level, appendfsync));
  const kinds = wished.filter(isOk);
  const end = endOf(level, blow, kinds);
  const sequel = sequelOf(seed, { end, blow, wished: wishes.sequel });
  const settlements = prng.pick([1, 2]);
  // Memory that runs short makes the log let go of what only the export has then.
  const needsOne = settlements === 2 || kinds.includes("memory");
  const sharesExport = needsOne || prng.chance(50) || sequel === "restore";
  return {
    seed,
    level,
    appendfsync,
    nodes,
    // What is exceeded is judged shard by shard, so there is one.
    shards: end === "on" ? prng.pick([1, 1, 2, 3]) : 1,
    ingresses: prng.pick([1, 2, 2]),
    matchers: prng.pick([1, 2]),
    standbys: prng.pick([0, 1]),
    settlements,
    sharesExport,
    // What is exceeded is held against the whole log.
    trims: end === "on" && sharesExport && prng.chance(60),
    traders: prng.pick([2, 3, 4]),
    gapMs: prng.pick([10, 30, 100]),
    batchMax: prng.pick([1, 4, 16]),
    unreachableMsMax: prng.pick([5000, 20_000]),
    unmatchedMax: prng.pick([64, 65_536]),
    kinds,
    blow,
    sequel,
    end,
    smallDisk: kinds.includes("full disk") ? prng.pick(["redis", "settlement"] as const) : null,
    faultMs: prng.pick([2000, 3000, 4000]),
    pauseMs: prng.pick([100, 250, 500]),
  };
}

function syncOf(level: Level, prng: Prng): ChaosSetup["appendfsync"] {
  if (level === "D0") return "no";
  if (level === "D1") return "everysec";
  return level === "D2" ? "always" : prng.pick(["everysec", "always"]);
}

/** Redis may answer before it has written, if a sync of the second before still goes on. */
function mayKillRedis(level: Level, appendfsync: ChaosSetup["appendfsync"]): boolean {
  return level === "D1" || (level !== "D0" && appendfsync === "always");
}

function endOf(level: Level, blow: Blow, kinds: readonly Kind[]): End {
  if (blow === "flush" || blow === "restart empty") return "lost";
  if (blow === "deep cut") return "halt";
  if (blow === "power loss" && level !== "D2") return "halt";
  if (FAILOVERS.includes(blow) && level !== "D3") return "halt";
  return level === "D1" && kinds.includes("kill redis") ? "halt" : "on";
}

/** Drawn apart, so that all else of a seed stays what it was before there were any. */
function sequelOf(
  seed: number,
  { end, blow, wished }: { end: End; blow: Blow; wished: Sequel | undefined },
): Sequel {
  const draw = new Prng(seed ^ 0x5e9e1).below(100);
  if (end !== "on")
    return (wished ?? (draw < 60 ? "restore" : "none")) === "none" ? "none" : "restore";
  if (blow !== "none") return "none";
  return (wished ?? (draw < 40 ? "clear" : "none")) === "none" ? "none" : "clear";
}

function many<T>(value: T, count: number): T[] {
  return Array.from({ length: count }, () => value);
}

/** One line that says it all. */
export function setupText(setup: ChaosSetup): string {
  const { level, appendfsync, nodes, shards, ingresses, matchers, traders, blow, kinds } = setup;
  const { standbys, settlements, sequel } = setup;
  const sizes = `${nodes} redis (${appendfsync}), ${shards} shards, ${ingresses} ingress`;
  const small = kinds.length === 0 ? "no small faults" : kinds.join(", ");
  const services = `${matchers}+${standbys} matchers, ${settlements} settlements`;
  const who = `${services}, ${traders} traders`;
  const great = sequel === "none" ? blow : `${blow}, then ${sequel}`;
  return `${level}, ${sizes}, ${who}; ${great}; ${small}`;
}
