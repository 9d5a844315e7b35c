/**
 * SimFiles: a host's disk, in memory, behind the seam of src/edges/files.ts. A process that dies
 * leaves what it wrote; a host that loses power loses what was not synced, from any byte on.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { Files, GrowingFile } from "../../src/edges/files.ts";
import type { Weather } from "./weather.ts";
import type { Process } from "./world.ts";

interface Stored {
  bytes: Uint8Array<ArrayBuffer>;
  synced: number;
}

export class SimDisk {
  readonly stored = new Map<string, Stored>();

  /** Of a process: once it is dead, nothing it does counts. */
  filesOf(process: Process, weather: Weather): Files {
    const { stored } = this;
    const act = (what: string, run: () => void): void => {
      weather.effect(process, `is to ${what}`);
      if (process.isAlive) run();
      weather.effect(process, `did ${what}`);
    };
    return {
      makeDir: () => undefined,
      list: (dir) =>
        [...stored.keys()]
          .filter((path) => path.startsWith(`${dir}/`))
          .map((path) => path.slice(dir.length + 1))
          .filter((name) => !name.includes("/")),
      read: (path) => stored.get(path)?.bytes.slice() ?? null,
      replace: (path, bytes) =>
        act(`replace ${path}`, () => {
          stored.set(path, { bytes: new Uint8Array(bytes), synced: bytes.length });
        }),
      remove: (path) => act(`remove ${path}`, () => void stored.delete(path)),
      grow: (path, size) => this.grow(path, size, act),
    };
  }

  losePower(prng: Prng): void {
    for (const file of this.stored.values()) {
      const kept = prng.between(file.synced, file.bytes.length);
      file.bytes = file.bytes.slice(0, kept);
    }
  }

  private grow(
    path: string,
    size: number,
    act: (what: string, run: () => void) => void,
  ): GrowingFile {
    const found = this.stored.get(path) ?? { bytes: new Uint8Array(0), synced: 0 };
    act(`open ${path}`, () => {
      found.bytes = found.bytes.slice(0, size);
      this.stored.set(path, found);
    });
    return {
      append: (bytes) =>
        act(`append to ${path}`, () => {
          const longer = new Uint8Array(found.bytes.length + bytes.length);
          longer.set(found.bytes);
          longer.set(bytes, found.bytes.length);
          found.bytes = longer;
        }),
      sync: () => act(`sync ${path}`, () => void (found.synced = found.bytes.length)),
      close: () => undefined,
    };
  }
}
