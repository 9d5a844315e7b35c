/**
 * HopsPrint: one line for a hop: the median of its rounds' medians, the lowest and highest of them,
 * and the 99th percentile.
 */

/** Microseconds of each call. */
export async function timesOf(
  calls: number,
  call: (i: number) => Promise<unknown>,
): Promise<Float64Array> {
  const times = new Float64Array(calls);
  for (let i = 0; i < calls; i++) {
    const from = performance.now();
    await call(i);
    times[i] = (performance.now() - from) * 1000;
  }
  return times;
}

/** NaN of nothing. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** `rounds`: microseconds of each call, by round. `own`: those that the server itself spent. */
export function printHop(name: string, rounds: readonly Float64Array[], own?: number): void {
  const medians = rounds.map((times) => at(times, 0.5));
  const p99 = median(rounds.map((times) => at(times, 0.99)));
  const [low, mid, high] = [Math.min(...medians), median(medians), Math.max(...medians)];
  const range = `(${low.toFixed(0)} to ${high.toFixed(0)})`;
  const server = own === undefined ? "" : `  server's own ${own.toFixed(1)} us`;
  const figures = `p50 ${mid.toFixed(1).padStart(7)} us ${range.padEnd(14)} p99 ${p99.toFixed(0)}`;
  console.log(`${name.padEnd(74)} ${figures}${server}`);
}

function at(times: Float64Array, part: number): number {
  return times.toSorted()[Math.floor((times.length - 1) * part)] ?? Number.NaN;
}
