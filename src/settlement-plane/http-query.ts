/**
 * Query: the parameters behind a `?`, read strictly. Unknown, repeated or malformed ones are
 * refused.
 *
 * A getter that meets something wrong keeps the first complaint and gives a harmless value, so that
 * a route reads all it wants and who answers looks at `wrong` once.
 */
export class Query {
  private readonly values: URLSearchParams;
  wrong: string | null = null;

  constructor(values: URLSearchParams, known: readonly string[]) {
    this.values = values;
    const seen = new Set<string>();
    for (const name of values.keys()) {
      if (!known.includes(name)) this.refuse(`there is no parameter ${name}`);
      if (seen.has(name)) this.refuse(`${name} is given twice`);
      seen.add(name);
    }
  }

  /** An integer within the bounds, or the fallback when it is not given. */
  integer(name: string, bounds: { min: number; max: number; fallback: number }): number {
    const { min, max, fallback } = bounds;
    const text = this.values.get(name);
    if (text === null) return fallback;
    const value = parseInteger(text);
    if (value !== null && value >= min && value <= max) return value;
    this.refuse(`${name} is an integer of ${min} to ${max}`);
    return fallback;
  }

  text(name: string): string | null {
    return this.values.get(name);
  }

  refuse(why: string): void {
    this.wrong ??= why;
  }
}

/** A number below 2^53 without leading zeros, or null. */
export function parseInteger(text: string): number | null {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}
