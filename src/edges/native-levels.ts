/**
 * Native levels: the C form of the engine's price levels (native/price_levels.h) behind the same
 * interface as the plain form. The only file that imports bun:ffi.
 *
 * The memory is one ArrayBuffer that C is handed at each call and never keeps. This file reads the
 * arrays in it directly, and takes a level out of its side's list without a call; C takes it out
 * of the index at the next `enter`. So a command costs one call at most, whatever it sweeps.
 *
 * An instance holds its memory, so the pointer is good for as long as there is somebody to use it.
 */
import { dlopen, type Pointer, ptr } from "bun:ffi";
import { existsSync } from "node:fs";
import { assert } from "../base/assert.ts";
import type { LevelLimits, PriceLevels } from "../engine/levels.ts";
import { findLibrary } from "./native-library.ts";

/** From price_levels.h, whose names these are. */
const LEVELS_ABI = 1;
const LEVELS_NONE = 0;
const LEVELS_OK = 0;
const LEVELS_WORD_COUNT = 3;
const LEVELS_WORD_LEFT = 4;
const LEVELS_WORD_BEST = 5;
const LEVELS_WORD_PRICE = 6;
const LEVELS_WORD_WORSE = 7;
const LEVELS_WORD_BETTER = 8;
const LEVELS_WORD_HOME = 9;
const HEADER_WORDS = 16;

type Calls = ReturnType<typeof openCalls>;
export type Library = { readonly calls: Calls; readonly build: string };
export type Loaded = { readonly library: Library | null; readonly reason: string };

/** The library is looked for once per process. */
let loaded: Loaded | null = null;

/** Levels in C, or null when there is no library that fits (`nativeLevelsReason` says why). */
export function openNativeLevels(limits: LevelLimits): PriceLevels | null {
  loaded ??= load();
  return loaded.library === null ? null : new NativeLevels(loaded.library, limits);
}

/** Why there are no levels in C, in words; empty when there are. */
export function nativeLevelsReason(): string {
  loaded ??= load();
  return loaded.reason;
}

/** The file may go once it is loaded: the process keeps what it mapped. */
function load(): Loaded {
  const file = findLibrary();
  if (typeof file === "string") return { library: null, reason: file };
  const found = loadFirst([file.path]);
  file.release();
  return found;
}

/** The first of these files that exists decides, whether it can be used or not. */
export function loadFirst(paths: readonly string[]): Loaded {
  const path = paths.find((candidate) => existsSync(candidate));
  if (path === undefined) return { library: null, reason: `no such file: ${paths.join(", ")}` };
  try {
    const calls = openCalls(path);
    const abi = calls.levels_abi();
    if (abi !== LEVELS_ABI) {
      return { library: null, reason: `${path} has ABI ${abi}, this program wants ${LEVELS_ABI}` };
    }
    const build = `c ${abi} ${calls.levels_build().toString(16).padStart(8, "0")}`;
    return { library: { calls, build }, reason: "" };
  } catch (error) {
    return { library: null, reason: `${path} cannot be loaded: ${String(error)}` };
  }
}

function openCalls(path: string) {
  return dlopen(path, {
    levels_abi: { args: [], returns: "u32" },
    levels_build: { args: [], returns: "u32" },
    levels_words: { args: ["u32", "u32"], returns: "u32" },
    levels_open: { args: ["ptr", "u32", "u32", "u32"], returns: "i32" },
    levels_enter: { args: ["ptr", "u32", "u32"], returns: "i32" },
    levels_find: { args: ["ptr", "u32", "u32"], returns: "i32" },
    levels_settle: { args: ["ptr"], returns: "i32" },
    levels_clear: { args: ["ptr"], returns: "i32" },
  }).symbols;
}

class NativeLevels implements PriceLevels {
  readonly price: Uint32Array;
  readonly worse: Uint32Array;
  readonly better: Uint32Array;
  readonly best: Uint32Array;
  readonly levelCount: number;
  readonly build: string;

  private readonly calls: Calls;
  private readonly block: Pointer;
  private readonly header: Uint32Array;
  /** By level, two words: its node, and its side + 1 (negative when it has left). */
  private readonly homes: Int32Array;

  constructor({ calls, build }: Library, { sideCount, levelCount }: LevelLimits) {
    const words = calls.levels_words(sideCount, levelCount);
    assert(words > 0, "the side count and the level count are within their bounds");
    const memory = new ArrayBuffer(4 * words);
    const header = new Uint32Array(memory, 0, HEADER_WORDS);
    this.block = ptr(header);
    const opened = calls.levels_open(this.block, words, sideCount, levelCount);
    assert(opened === LEVELS_OK, "memory of the asked size is taken");
    const placeOf = (word: number) => 4 * header[word]!;
    const slots = levelCount + 1;
    this.calls = calls;
    this.build = build;
    this.levelCount = levelCount;
    this.header = header;
    this.best = new Uint32Array(memory, placeOf(LEVELS_WORD_BEST), sideCount);
    this.price = new Uint32Array(memory, placeOf(LEVELS_WORD_PRICE), slots);
    this.worse = new Uint32Array(memory, placeOf(LEVELS_WORD_WORSE), slots);
    this.better = new Uint32Array(memory, placeOf(LEVELS_WORD_BETTER), slots);
    this.homes = new Int32Array(memory, placeOf(LEVELS_WORD_HOME), 2 * slots);
  }

  get count(): number {
    this.calls.levels_settle(this.block);
    return this.header[LEVELS_WORD_COUNT]!;
  }

  find(side: number, price: number): number {
    const level = this.calls.levels_find(this.block, side, price);
    assert(level >= LEVELS_NONE, "the side and the price exist");
    return level;
  }

  enter(side: number, price: number): number {
    const level = this.calls.levels_enter(this.block, side, price);
    assert(level >= LEVELS_NONE, "the side and the price exist");
    return level;
  }

  /** The half of it that price_levels.h (levels_settle) leaves to the caller. */
  leave(side: number, level: number): void {
    const { worse, better, homes, header } = this;
    assert(homes[2 * level + 1] === side + 1, "only a level of this side leaves it");
    const before = better[level]!;
    const after = worse[level]!;
    if (before === LEVELS_NONE) this.best[side] = after;
    else worse[before] = after;
    if (after !== LEVELS_NONE) better[after] = before;

    homes[2 * level + 1] = -side - 1;
    worse[level] = header[LEVELS_WORD_LEFT]!;
    header[LEVELS_WORD_LEFT] = level;
  }

  clear(): void {
    const cleared = this.calls.levels_clear(this.block);
    assert(cleared === LEVELS_OK, "opened memory stays open");
  }
}
