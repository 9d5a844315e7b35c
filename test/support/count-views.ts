/**
 * Counts the arrays and views that are made while `body` runs: typed arrays, DataViews, buffers, by
 * `new`, `subarray` and `slice`. What the collector takes away again is counted too.
 */
const NAMES = [
  "ArrayBuffer",
  "DataView",
  "Float64Array",
  "Int32Array",
  "Uint8Array",
  "Uint32Array",
] as const;
const METHODS = ["subarray", "slice"] as const;

export function countViews(body: () => void): number {
  let count = 0;
  const makers = NAMES.map((name) => [name, globalThis[name]] as const);
  const typed = Object.getPrototypeOf(Uint8Array.prototype) as Record<string, unknown>;
  const methods = METHODS.map((name) => [name, typed[name]] as const);
  const counted = <T extends object>(made: T): T => {
    count++;
    return made;
  };
  for (const [name, maker] of makers) {
    const construct = (target: Function, args: unknown[]): object =>
      counted(Reflect.construct(target, args) as object);
    Object.defineProperty(globalThis, name, { value: new Proxy(maker, { construct }) });
  }
  for (const [name, method] of methods) {
    typed[name] = function (this: object, ...args: unknown[]): object {
      return counted(Reflect.apply(method as Function, this, args) as object);
    };
  }
  try {
    body();
  } finally {
    for (const [name, maker] of makers) Object.defineProperty(globalThis, name, { value: maker });
    for (const [name, method] of methods) typed[name] = method;
  }
  return count;
}
