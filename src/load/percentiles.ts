/**
 * Percentiles: of latencies in milliseconds, by the nearest rank.
 */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** Null where nothing was measured. */
export function percentilesOf(values: Float64Array): Percentiles | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted();
  const at = (part: number): number => {
    const rank = Math.min(sorted.length, Math.max(1, Math.ceil(part * sorted.length)));
    return Math.round(sorted[rank - 1]! * 1000) / 1000;
  };
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) };
}
