/**
 * SimStore: an object store in memory, as far from its callers as a bucket is, in all weathers.
 *
 *   call -> request (late, held up) -> executed at once, whole, or refused -> answer (lost)
 *
 * What was sent is executed even if its sender has died meanwhile. Checked against the directory
 * store by sim-store.test.ts.
 */
import { sha256 } from "../../src/base/hash.ts";
import {
  checkName,
  checkPrefix,
  type Created,
  type ObjectStore,
  type StoredObject,
  StoreFull,
  StoreUnreachable,
  type Swapped,
} from "../../src/edges/object-store.ts";
import type { Weather } from "./weather.ts";
import { MS, type Process, type World } from "./world.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What is wrong with it right now. */
export interface StoreTrouble {
  /** Of 100 calls: refused, or executed and the answer lost. */
  failPercent: number;
  isFull: boolean;
  /** Nothing is executed before. */
  hangsUntil: number;
  latencyUs: number;
}

const CALM: StoreTrouble = { failPercent: 0, isFull: false, hangsUntil: 0, latencyUs: MS };

export class SimStore {
  readonly objects = new Map<string, Bytes>();
  trouble: StoreTrouble = { ...CALM };
  /** Told of each object that is created or moves. */
  onChange: (name: string, bytes: Uint8Array) => void = () => undefined;
  /** Told of an object that somebody would have otherwise than it is. */
  onDiffers: (name: string) => void = () => undefined;
  private readonly world: World;
  private readonly weather: Weather;

  constructor(world: World, weather: Weather) {
    this.world = world;
    this.weather = weather;
  }

  heal(): void {
    this.trouble = { ...CALM };
  }

  /** As a process has it. */
  openFor(process: Process): ObjectStore {
    const ask = <T>(what: string, execute: () => T): Promise<T> =>
      this.ask(process, { what, isWrite: false, execute });
    const write = <T>(what: string, execute: () => T): Promise<T> =>
      this.ask(process, { what, isWrite: true, execute });
    return {
      ...this.atRest(),
      get: (name) => ask(`get ${name}`, () => this.get(name)),
      createOnly: (name, bytes) => {
        const own = new Uint8Array(bytes);
        return write(`create ${name}`, () => this.create(name, own));
      },
      swap: (name, expected, bytes) => {
        const own = new Uint8Array(bytes);
        return write(`move ${name}`, () => this.swap(name, expected, own));
      },
      list: (prefix) => ask(`list ${prefix}`, () => this.list(prefix)),
      listPart: (prefix) => ask(`list ${prefix}`, () => this.listPart(prefix)),
    };
  }

  /** Without any weather: at the end of a run. */
  atRest(): ObjectStore {
    return {
      describe: "a simulated store",
      get: async (name) => this.get(name),
      createOnly: async (name, bytes) => this.create(name, new Uint8Array(bytes)),
      swap: async (name, expected, bytes) => this.swap(name, expected, new Uint8Array(bytes)),
      list: async (prefix) => this.list(prefix),
      listPart: async (prefix) => this.listPart(prefix),
      close: () => undefined,
    };
  }

  private get(name: string): StoredObject | null {
    checkName(name);
    const bytes = this.objects.get(name);
    return bytes === undefined ? null : { bytes: bytes.slice(), version: versionOf(bytes) };
  }

  private create(name: string, bytes: Bytes): Created {
    checkName(name);
    const known = this.objects.get(name);
    if (known !== undefined) {
      if (Buffer.compare(known, bytes) === 0) return "same";
      this.onDiffers(name);
      return "differs";
    }
    this.put(name, bytes);
    return "created";
  }

  private swap(name: string, expected: string | null, bytes: Bytes): Swapped {
    checkName(name);
    const known = this.objects.get(name);
    const version = known === undefined ? null : versionOf(known);
    if (version !== expected) return { isSwapped: false, version };
    this.put(name, bytes);
    return { isSwapped: true, version: versionOf(bytes) };
  }

  private put(name: string, bytes: Bytes): void {
    this.objects.set(name, bytes);
    this.onChange(name, bytes);
  }

  private list(prefix: string): string[] {
    checkPrefix(prefix);
    return [...this.objects.keys()].filter((name) => name.startsWith(prefix)).sort();
  }

  private listPart(prefix: string): string[] {
    const parts = this.list(prefix).map((name) => {
      const slash = name.indexOf("/", prefix.length);
      return slash < 0 ? name : name.slice(0, slash + 1);
    });
    return [...new Set(parts)];
  }

  private ask<T>(
    process: Process,
    { what, isWrite, execute }: { what: string; isWrite: boolean; execute: () => T },
  ): Promise<T> {
    const { world, weather } = this;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    weather.effect(process, `is to ${what}`);
    if (!process.isAlive) return promise;
    world.say(process.name, `asks the store: ${what}`);
    const answer = (settle: () => void): void =>
      void world.at(this.latency(process), process, "", settle);
    const late = (): void => {
      const { hangsUntil, isFull, failPercent } = this.trouble;
      if (hangsUntil > world.now) {
        world.at(hangsUntil - world.now, world.nature, "", late);
        return;
      }
      const fails = process.prng.chance(failPercent);
      if (fails) weather.count("store fails");
      if (isFull && isWrite) return answer(() => reject(new StoreFull("it is full")));
      if (fails && process.prng.chance(50)) {
        return answer(() => reject(new StoreUnreachable("it refuses")));
      }
      try {
        const result = execute();
        if (fails) answer(() => reject(new StoreUnreachable("it does not answer")));
        else answer(() => resolve(result));
      } catch (error) {
        answer(() => reject(error instanceof Error ? error : new Error(String(error))));
      }
    };
    world.at(this.latency(process), world.nature, "", late);
    weather.effect(process, `was to ${what}`);
    return promise;
  }

  private latency({ prng }: Process): number {
    return 50 + prng.below(this.trouble.latencyUs);
  }
}

/** As the directory has it: of the bytes, not of the time. */
function versionOf(bytes: Uint8Array): string {
  return sha256(bytes).toHex();
}
