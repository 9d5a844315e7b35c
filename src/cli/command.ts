/**
 * Command: one entry of the command table, and the arguments that a call of it brings.
 *
 * Help, completion, docs/CLI.md and parsing all come from the table; nothing is written down twice.
 */
import type { Cli } from "./cli.ts";

export interface ArgSpec {
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
  /** Takes all that follow. */
  readonly many?: boolean;
}

export interface OptionSpec {
  /** How its value is called; absent for a switch. */
  readonly value?: string;
  /** What it says without a value; one is then given by `--name=VALUE` only. */
  readonly bare?: string;
  readonly short?: string;
  readonly help: string;
  /** For completion, and checked. */
  readonly among?: readonly string[];
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What a command says: data for programs, text for people. */
export interface Answer {
  readonly data: object;
  readonly text: string;
  /** 0 unless told otherwise. */
  readonly exitCode?: number;
}

export interface CommandSpec {
  /** One word or two: `order buy`. */
  readonly name: string;
  readonly about: string;
  readonly args: readonly ArgSpec[];
  readonly options: OptionSpecs;
  readonly examples: readonly string[];
  /** Whatever follows the name goes to it untouched. */
  readonly isRaw?: boolean;
  /** Takes a flag for every key of the config too. */
  readonly takesConfig?: boolean;
  readonly run: (cli: Cli, args: Args) => Promise<Answer>;
}

/** The call is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

export class Args {
  readonly positionals: readonly string[];
  /** Flags for the config's own keys. */
  readonly configFlags: Readonly<Record<string, string>>;
  private readonly values: OptionValues;

  constructor(
    positionals: readonly string[],
    values: OptionValues,
    configFlags: Readonly<Record<string, string>> = {},
  ) {
    this.positionals = positionals;
    this.values = values;
    this.configFlags = configFlags;
  }

  /** A required positional; the parser has seen that it is there. */
  at(index: number): string {
    return this.positionals[index] ?? "";
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === "string" ? value : undefined;
  }

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  integer(name: string, least = 0): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : integerOf(`--${name}`, text, least);
  }
}

/** An integer of `least` .. 2^53-1 in digits, or a UsageError that names it. */
export function integerOf(name: string, text: string, least = 0): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`${name} is an integer of ${least} or more, not "${text}"`);
}

/** A client order id: 64 bits in digits. */
export function orderIdOf(name: string, text: string): bigint {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
  if (value >= 0n && value < 1n << 64n) return value;
  throw new UsageError(`${name} is an integer below 2^64, not "${text}"`);
}
