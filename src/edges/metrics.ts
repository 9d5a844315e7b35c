/**
 * Metrics: numbers of this process as Prometheus reads them.
 *
 *   slots   one Float64Array; a counter owns 1 slot, a histogram buckets + 2 (sum, count)
 *   hot     counter.add(n) is slots[at] += n; nothing is formatted before somebody asks
 *   scrape  text() writes all of it
 *
 * Names are clob_<what>_<unit>, counters end in _total. A label says which shard, side of the house
 * or reason, and never a market, account, key or order: their number has no bound.
 */
import { assert } from "../base/assert.ts";

export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** All numbers of one process. */
const SLOTS_MAX = 8192;

/** From 10 us to 10 s, for times. */
export const SECONDS_BOUNDS: readonly number[] = [
  0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025,
  0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

/** What a name may end in. */
const UNITS = new Set([
  "total",
  "seconds",
  "bytes",
  "ratio",
  "info",
  "leader",
  "position",
  "accounts",
  "commands",
  "connections",
  "frames",
  "entries",
  "orders",
  "packs",
  "records",
  "reports",
]);

/** Labels whose values are few. */
const LABELS = new Set(["shard", "kind", "code", "reason", "engine", "log", "stage", "version"]);

export type Labels = Readonly<Record<string, string | number>>;

export interface MetricName {
  readonly name: string;
  readonly help: string;
  readonly labels?: Labels;
}

/** Only rises. */
export class Counter {
  private readonly slots: Float64Array;
  private readonly at: number;

  constructor(slots: Float64Array, at: number) {
    this.slots = slots;
    this.at = at;
  }

  add(count = 1): void {
    this.slots[this.at]! += count;
  }
}

/** Counts observations up to each bound, as they are; the sums are made when asked. */
export class Histogram {
  private readonly slots: Float64Array;
  private readonly at: number;
  private readonly bounds: Float64Array;

  constructor(slots: Float64Array, at: number, bounds: Float64Array) {
    this.slots = slots;
    this.at = at;
    this.bounds = bounds;
  }

  observe(value: number): void {
    const { slots, at, bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    slots[at + bucket]! += 1;
    slots[at + bounds.length + 1]! += value;
  }
}

interface Family {
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** Lines of one labelled metric each, made when asked. */
  readonly members: Map<string, () => string[]>;
}

export class Metrics {
  private readonly slots = new Float64Array(SLOTS_MAX);
  private readonly families = new Map<string, Family>();
  private used = 0;

  counter(metric: MetricName): Counter {
    assert(metric.name.endsWith("_total"), "a counter's name ends in _total");
    const at = this.take(1);
    const labels = labelText(metric.labels);
    this.add("counter", metric, () => [`${metric.name}${labels} ${this.slots[at]!}`]);
    return new Counter(this.slots, at);
  }

  /** `read` is called when somebody asks. */
  gauge(metric: MetricName, read: () => number): void {
    assert(!metric.name.endsWith("_total"), "only a counter's name ends in _total");
    const labels = labelText(metric.labels);
    this.add("gauge", metric, () => [`${metric.name}${labels} ${formatNumber(read())}`]);
  }

  /** A counter that somebody else counts; `read` is called when somebody asks. */
  total(metric: MetricName, read: () => number): void {
    assert(metric.name.endsWith("_total"), "a counter's name ends in _total");
    const labels = labelText(metric.labels);
    this.add("counter", metric, () => [`${metric.name}${labels} ${formatNumber(read())}`]);
  }

  /** `bounds` rise. */
  histogram(metric: MetricName, bounds: readonly number[] = SECONDS_BOUNDS): Histogram {
    assert(!metric.name.endsWith("_total"), "only a counter's name ends in _total");
    assert(
      bounds.every((bound, i) => i === 0 || bound > bounds[i - 1]!),
      "bounds of a histogram rise",
    );
    const at = this.take(bounds.length + 2);
    const buckets = this.slots.subarray(at, at + bounds.length + 2);
    this.add("histogram", metric, () => histogramLines(metric, bounds, buckets));
    return new Histogram(this.slots, at, Float64Array.from(bounds));
  }

  /** The whole exposition, families by name. */
  text(): string {
    const lines: string[] = [];
    for (const [name, family] of [...this.families].sort(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(`# HELP ${name} ${escapeHelp(family.help)}`, `# TYPE ${name} ${family.type}`);
      for (const member of family.members.values()) lines.push(...member());
    }
    return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
  }

  private take(count: number): number {
    const at = this.used;
    this.used += count;
    assert(this.used <= SLOTS_MAX, "there are slots for all metrics of a process");
    return at;
  }

  private add(type: Family["type"], metric: MetricName, lines: () => string[]): void {
    assert(isMetricName(metric.name), "a metric is called clob_<what>_<unit>");
    const family = this.families.get(metric.name) ?? {
      type,
      help: metric.help,
      members: new Map(),
    };
    assert(family.type === type, "one metric name has one type");
    const labels = labelText(metric.labels);
    assert(!family.members.has(labels), "a metric with these labels exists once");
    family.members.set(labels, lines);
    this.families.set(metric.name, family);
  }
}

function histogramLines(metric: MetricName, bounds: readonly number[], slots: Float64Array) {
  const lines: string[] = [];
  let count = 0;
  for (let i = 0; i <= bounds.length; i++) {
    count += slots[i]!;
    const le = i === bounds.length ? "+Inf" : String(bounds[i]);
    lines.push(`${metric.name}_bucket${labelText({ ...metric.labels }, le)} ${count}`);
  }
  const labels = labelText(metric.labels);
  const sum = formatNumber(slots[bounds.length + 1]!);
  lines.push(`${metric.name}_sum${labels} ${sum}`, `${metric.name}_count${labels} ${count}`);
  return lines;
}

function isMetricName(name: string): boolean {
  const unit = /^clob_[a-z0-9_]*[a-z0-9]_([a-z]+)$/.exec(name)?.[1];
  return unit !== undefined && UNITS.has(unit);
}

function labelText(labels: Labels | undefined, le?: string): string {
  const parts = Object.entries(labels ?? {}).map(([name, value]) => {
    assert(LABELS.has(name), "a label has a bounded set of values");
    return `${name}="${escapeLabel(String(value))}"`;
  });
  if (le !== undefined) parts.push(`le="${le}"`);
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

function formatNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
