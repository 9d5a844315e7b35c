/**
 * Capacity: from what one core was measured to do, the fleet for so many orders per second.
 *
 *   bun scripts/capacity.ts                             the tables of docs/CAPACITY.md
 *   bun scripts/capacity.ts --orders 250000 --batch 16  one row of them
 *   --set matcher_us=3.5                                another figure, such as of your machines
 *
 * Sums, no model: time per frame and per order on each role's cores, bytes per frame and per order
 * through the log. Where each figure comes from stands beside it. Prices are not said: they are
 * yours, and multiply.
 */
import { parseArgs } from "node:util";

/** Of the development machine: one core of a shared virtual machine. */
const MEASURED: Readonly<Record<string, number>> = {
  // BENCHMARKS "What limits it": 39 us for a single; the rest by 3.8 s for 1 M orders in 64s.
  ingress_frame_us: 39,
  ingress_order_us: 3.2,
  // docs/runs/markets-21000.json: 4.1 s of processor time for 1 M orders over 21,000 markets.
  matcher_us: 4.1,
  // The same run: 9.8 s for 1 M orders in batches of 64; 127 us are one signature's.
  settlement_frame_us: 127,
  settlement_order_us: 7.8,
  // BENCHMARKS "hops": bytes an order into Redis 300 as singles, 155 in batches of 64; out twice.
  log_frame_bytes: 147,
  log_order_bytes: 153,
  log_readers: 2,
  // BENCHMARKS "Log": 1,024 records of 128 bytes in 613 us, of one core of Redis; read and written.
  redis_byte_ns: 4.7,
};

/** The guide's machines: cores that work for us, and how full they may be. */
const FLEET: Readonly<Record<string, number>> = {
  // c3d-standard-180: 90 cores with two threads each, two cores left to the system.
  ingress_cores: 88,
  ingress_machines: 3,
  ingress_full: 0.6,
  // c3-highcpu-8: four cores, one left to the system.
  matcher_cores: 3,
  matcher_machines: 10,
  // e2-standard-4: two cores.
  settlement_cores: 2,
  settlement_pairs: 1,
  redis_nodes: 5,
  // HIGHMEM_XLARGE: 58 GB, of which 70 % before orders are refused.
  redis_node_gb: 58,
  memory_full: 0.7,
  markets: 21_000,
  shards: 10,
};

export interface Need {
  readonly batch: number;
  readonly ingressCores: number;
  readonly matcherCores: number;
  readonly settlementCores: number;
  readonly redisCores: number;
  readonly logMbPerS: number;
  /** Seconds of log that the nodes hold before orders are refused: trim must come within them. */
  readonly memoryS: number;
}

export type Figures = Readonly<Record<string, number>>;
export const FIGURES: Figures = { ...MEASURED, ...FLEET };

/** Cores and bytes per second for `orders` a second, `batch` of them under one signature. */
export function needOf(orders: number, batch: number, figures: Figures = FIGURES): Need {
  const f = (name: string): number => figures[name] ?? Number.NaN;
  const cores = (frameUs: number, orderUs: number): number =>
    (orders * (frameUs / batch + orderUs)) / 1e6;
  const orderBytes = f("log_frame_bytes") / batch + f("log_order_bytes");
  const bytesIn = orders * orderBytes;
  const through = bytesIn * (1 + f("log_readers"));
  const memory = f("redis_nodes") * f("redis_node_gb") * 1e9 * f("memory_full");
  return {
    batch,
    ingressCores: cores(f("ingress_frame_us"), f("ingress_order_us")),
    matcherCores: cores(0, f("matcher_us")),
    settlementCores: cores(f("settlement_frame_us"), f("settlement_order_us")),
    redisCores: (through * f("redis_byte_ns")) / 1e9,
    logMbPerS: bytesIn / 1e6,
    memoryS: memory / bytesIn,
  };
}

export interface Role {
  readonly role: string;
  readonly needed: number;
  readonly has: number;
  readonly machines: number;
}

/** What the guide's fleet has of each, the scarcest first. */
export function bottlenecks(need: Need, figures: Figures = FIGURES): Role[] {
  const f = (name: string): number => figures[name] ?? Number.NaN;
  const ingressOne = f("ingress_cores") * f("ingress_full");
  const rows = [
    { role: "ingress", needed: need.ingressCores, one: ingressOne, count: f("ingress_machines") },
    {
      role: "matcher",
      needed: need.matcherCores,
      // Half of a machine's shards are its own, the others it follows; a shard is one core.
      one: f("shards") / f("matcher_machines"),
      count: f("matcher_machines"),
    },
    {
      role: "settlement (each of a pair)",
      needed: need.settlementCores,
      one: f("settlement_cores"),
      count: f("settlement_pairs"),
    },
    {
      // One core each, and the shards are not spread evenly: the fullest node is what counts.
      role: "Redis (its fullest primary)",
      needed: (need.redisCores * fullestNode(f("shards"), f("redis_nodes"))) / f("shards"),
      one: 1,
      count: 1,
    },
  ];
  return rows
    .map(({ role, needed, one, count }) => ({
      role,
      needed,
      has: one * count,
      machines: Math.ceil(needed / one),
    }))
    .sort((a, b) => b.needed / b.has - a.needed / a.has);
}

const SLOTS = 16_384;

/** Slot of a hash tag: CRC-16/XMODEM of its bytes, as Redis Cluster's specification has it. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of new TextEncoder().encode(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 0x8000) === 0 ? crc << 1 : ((crc << 1) ^ 0x1021) & 0xffff;
    }
  }
  return crc % SLOTS;
}

/** How many shards the slots of Redis Cluster put on one of `nodes` equal nodes, at most. */
export function fullestNode(shards: number, nodes: number): number {
  const counts = Array.from({ length: nodes }, () => 0);
  for (let shard = 1; shard <= shards; shard++) {
    counts[Math.floor((slotOf(`${shard}`) * nodes) / SLOTS)]!++;
  }
  return Math.max(...counts);
}

const round = (value: number): string => (value >= 10 ? value.toFixed(0) : value.toFixed(1));

export function tables(orders: number, batches: readonly number[], figures = FIGURES): string {
  const needs = batches.map((batch) => needOf(orders, batch, figures));
  const row = (what: string, of: (need: Need) => string): string =>
    `| ${[what, ...needs.map(of)].join(" | ")} |`;
  const head = [
    `At ${orders.toLocaleString("en")} orders a second:\n`,
    `| ${["orders under one signature", ...batches].join(" | ")} |`,
    `|---|${batches.map(() => "---|").join("")}`,
    row("ingress, cores", ({ ingressCores }) => round(ingressCores)),
    row("matchers, cores (a shard has one)", ({ matcherCores }) => round(matcherCores)),
    row("settlement, cores, each of a pair", ({ settlementCores }) => round(settlementCores)),
    row("Redis primaries, cores", ({ redisCores }) => round(redisCores)),
    row("into the log, MB/s", ({ logMbPerS }) => round(logMbPerS)),
    row("log that fits in memory, minutes", ({ memoryS }) => round(memoryS / 60)),
  ];
  const lists = needs.map((need) => {
    const scarce = bottlenecks(need, figures).map(({ role, needed, has, machines }) => {
      const share = Math.round((100 * needed) / has);
      return `${role} ${share} % (${round(needed)} of ${round(has)} cores; ${machines} to have)`;
    });
    return `* **${need.batch}**: ${scarce.join(", ")}`;
  });
  return `${head.join("\n")}\n\n${lists.join("\n")}`;
}

function set(figures: Record<string, number>, text: string): void {
  const [, name = "", value] = /^(\w+)=([\d.]+)$/.exec(text) ?? [];
  if (!(name in figures) || value === undefined) {
    throw new Error(`--set NAME=NUMBER, of ${Object.keys(figures).join(", ")}`);
  }
  figures[name] = Number(value);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      orders: { type: "string", default: "1000000" },
      batch: { type: "string", multiple: true, default: ["1", "16", "64"] },
      set: { type: "string", multiple: true, default: [] },
    },
  });
  const figures: Record<string, number> = { ...FIGURES };
  for (const text of values.set) set(figures, text);
  console.log(tables(Number(values.orders), values.batch.map(Number), figures));
}
