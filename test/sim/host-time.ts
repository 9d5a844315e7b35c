/**
 * HostTime: while a world runs, the globals that tell time, wait or draw at random are its own.
 *
 * Production code asks the runtime for these by name, so it needs no seam and is run unchanged:
 * setTimeout, setInterval, setImmediate, Bun.sleep, Date.now, performance.now, Math.random,
 * crypto.getRandomValues. Each process has its own clock, timers that die with it, and numbers.
 * Bun.zstdCompress works in threads of the host, whose time is not ours, and is replaced too.
 */
import { MS, type Process, type Scheduled, SECOND, START_US, type World } from "./world.ts";

class Timer {
  scheduled: Scheduled | null = null;

  unref(): this {
    return this;
  }

  ref(): this {
    return this;
  }
}

type Callback = (...args: unknown[]) => void;

/** Replaces the globals; what it returns puts the host's back. */
export function replaceGlobals(world: World): () => void {
  const timers = timersOf(world);
  const clock = {
    wallMs: () => Math.floor((START_US + world.now + world.current.clockOffset) / MS),
    monotonicMs: () => (world.now - world.current.bornAt) / MS,
  };
  const undo = [
    replace(globalThis, "setTimeout", timers.setTimeout),
    replace(globalThis, "setInterval", timers.setInterval),
    replace(globalThis, "setImmediate", (run: Callback) => timers.setTimeout(run, 0)),
    replace(globalThis, "clearTimeout", timers.clear),
    replace(globalThis, "clearInterval", timers.clear),
    replace(Bun, "sleep", (ms: number) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      timers.setTimeout(() => resolve(), ms);
      return promise;
    }),
    replace(Bun, "zstdCompress", zstdCompress),
    replace(Date, "now", clock.wallMs),
    replace(performance, "now", clock.monotonicMs),
    replace(Math, "random", () => world.current.prng.unit()),
    replace(crypto, "getRandomValues", (into: ArrayBufferView) => fill(into, world.current)),
  ];
  return () => {
    for (const restore of undo) restore();
  };
}

function timersOf(world: World) {
  const set = (run: () => void, ms: number, repeats: boolean): Timer => {
    const timer = new Timer();
    const owner = world.current;
    const delay = Math.min(Math.max(ms, 0) * MS, 1e6 * SECOND);
    const turn = (): void => {
      if (repeats) timer.scheduled = world.at(delay, owner, "", turn);
      run();
    };
    timer.scheduled = world.at(delay, owner, "", turn);
    return timer;
  };
  return {
    setTimeout: (run: Callback, ms = 0, ...args: unknown[]) => set(() => run(...args), ms, false),
    setInterval: (run: Callback, ms = 0, ...args: unknown[]) => set(() => run(...args), ms, true),
    clear: (timer: unknown) => {
      if (timer instanceof Timer && timer.scheduled !== null) timer.scheduled.isOff = true;
    },
  };
}

async function zstdCompress(...args: Parameters<typeof Bun.zstdCompressSync>): Promise<Uint8Array> {
  const packed = Bun.zstdCompressSync(...args);
  await Bun.sleep(Math.random());
  return packed;
}

function fill<T extends ArrayBufferView>(into: T, { prng }: Process): T {
  const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
  bytes.set(prng.bytes(bytes.length));
  return into;
}

function replace(holder: object, name: string, value: unknown): () => void {
  const before: unknown = Reflect.get(holder, name);
  Reflect.set(holder, name, value);
  return () => void Reflect.set(holder, name, before);
}
