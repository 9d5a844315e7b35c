/**
 * Identity: which key signs, and whose it is.
 *
 *   --key FILE, else CLOB_KEY, else the demo's trader (demo.json in the keys directory)
 *   account and key id: FILE.json beside it, else demo.json, else settlement, asked by public key
 *
 * FILE.json is written by `clob account open`: {"venue": hex, "account": 7, "key": 9}
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { ClientError } from "../client/errors.ts";
import type { HttpClient } from "../client/http.ts";
import { readKeyFile, type Signer } from "../edges/keys.ts";

export interface Who {
  readonly file: string;
  readonly signer: Signer;
  readonly account: number;
  readonly key: number;
}

interface Ids {
  readonly account: number;
  readonly key: number;
}

const DEMO = "demo.json";

/** The key file to use; throws a ClientError that says how to get one. */
export function keyFile(named: string | undefined, keysDir: string): string {
  if (named !== undefined) return named;
  const trader = demoEntries(keysDir).find((entry) => entry.role === "trader");
  if (trader !== undefined) return join(keysDir, trader.file);
  const message =
    `no key: name one with --key FILE or CLOB_KEY (there is no ${join(keysDir, DEMO)}); ` +
    "make one with: clob keygen";
  throw new ClientError({ code: "no_key", message });
}

export async function whoIs(file: string, http: HttpClient): Promise<Who> {
  const signer = readKeyFile(file);
  const noted = await idsBeside(file, http);
  const ids = noted ?? demoIds(file) ?? (await http.keyOwner(signer.publicKey));
  if (ids !== null) return { file, signer, account: ids.account, key: ids.key };
  const message = `${file} has no account here yet; open one with: clob account open --key ${file}`;
  throw new ClientError({ code: "unknown_key", message });
}

/** Remembers whose key this is; the key file itself is left alone. */
export function writeIds(file: string, ids: Ids & { readonly venue: string }): string {
  const path = `${file}.json`;
  writeFileSync(path, `${JSON.stringify(ids)}\n`);
  return path;
}

/** What was noted, if it was at this venue. */
async function idsBeside(file: string, http: HttpClient): Promise<Ids | null> {
  const path = `${file}.json`;
  const noted = existsSync(path) ? parsed(path) : null;
  if (typeof noted !== "object" || noted === null || !("venue" in noted)) return null;
  const { venue } = await http.status();
  return noted.venue === venue ? idsOf(noted) : null;
}

function demoIds(file: string): Ids | null {
  const entries = demoEntries(dirname(file));
  return entries.find((entry) => entry.file === basename(file)) ?? null;
}

interface DemoEntry extends Ids {
  readonly role: string;
  readonly file: string;
}

function demoEntries(keysDir: string): DemoEntry[] {
  const path = join(keysDir, DEMO);
  const list = existsSync(path) ? parsed(path) : [];
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown) => {
    const ids = idsOf(entry);
    if (ids === null || typeof entry !== "object" || entry === null) return [];
    const role = "role" in entry ? String(entry.role) : "";
    const file = "file" in entry ? String(entry.file) : "";
    return [{ ...ids, role, file }];
  });
}

function idsOf(value: unknown): Ids | null {
  if (typeof value !== "object" || value === null) return null;
  if (!("account" in value && "key" in value)) return null;
  const { account, key } = value;
  return typeof account === "number" && typeof key === "number" ? { account, key } : null;
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new ClientError({ code: "no_key", message: `${path} is no JSON; remove it` });
  }
}
