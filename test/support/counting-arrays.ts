/**
 * Counting arrays: every typed array below an object counts the words that are read and written.
 *
 * They take the arrays' places where the object keeps them, so that code which reads `this.words`
 * each time it runs goes through them from now on. A method that walks a range (fill, set, ...)
 * counts what it walks; `subarray` gives plain memory and counts as one. A frame on its way to the
 * hash stays plain, since native code takes no proxy. A proxy costs a hundred
 * times what an array does: prepare with plain arrays, then count a short probe.
 */
import { HASH_SIZE } from "../../src/base/hash.ts";
import { FrameCopies } from "../../src/engine/frame-copies.ts";

type Words = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array;

export class WordCounter {
  words = 0;
  private readonly seen = new Set<object>();
  private readonly proxies = new Map<object, object>();

  /** Counts on behalf of everything that `root` leads to. Answers how many arrays there are. */
  watch(root: object): number {
    this.visit(root);
    return this.proxies.size;
  }

  /** The words that `body` touches. */
  during(body: () => void): number {
    const before = this.words;
    body();
    return this.words - before;
  }

  private visit(owner: object): void {
    if (this.seen.has(owner) || owner instanceof FrameCopies) return;
    this.seen.add(owner);
    for (const [name, value] of Object.entries(owner)) {
      if (isWords(value)) Object.defineProperty(owner, name, { value: this.proxyOf(value) });
      else if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
        this.visit(value as object);
      }
    }
  }

  private proxyOf(array: Words): object {
    const known = this.proxies.get(array);
    if (known !== undefined) return known;
    const proxy = new Proxy(array, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") {
          if (typeof name === "string" && /^\d/.test(name)) this.words++;
          return value;
        }
        return (...args: readonly unknown[]) => {
          this.words += walked(target, String(name), args);
          return Reflect.apply(value, target, args);
        };
      },
      set: (target, name, value) => {
        this.words++;
        return Reflect.set(target, name, value);
      },
    });
    this.proxies.set(array, proxy);
    return proxy;
  }
}

/** Hashes stay plain, too. */
function isWords(value: unknown): value is Words {
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return false;
  return value.byteLength !== HASH_SIZE;
}

/** How many words a method of an array goes over. */
function walked(array: Words, method: string, args: readonly unknown[]): number {
  const numbers = args.map((arg) => (typeof arg === "number" ? arg : 0));
  const [first = 0, second = array.length, third = array.length] = numbers;
  if (method === "fill") return (args.length > 2 ? third : array.length) - second;
  if (method === "copyWithin") return 2 * ((args.length > 2 ? third : array.length) - second);
  if (method === "set") return isWords(args[0]) ? args[0].length : 1;
  if (method === "slice") return (args.length > 1 ? second : array.length) - first;
  return method === "subarray" ? 1 : array.length;
}
