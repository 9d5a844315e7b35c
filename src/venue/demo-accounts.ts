/**
 * Demo accounts: a trader for the user and two makers for the flow, opened and funded by the
 * operator.
 *
 * Everything goes through ingress as signed frames, like any operator's. Which account and key
 * each key file got is kept in <keys>/demo.json; a second start finds it and does nothing.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../edges/config.ts";
import { generateKeyFile, readKeyFile } from "../edges/keys.ts";
import { EXIT_REFUSED, ServiceEnd } from "../service/start.ts";
import { HOST_FILES } from "../edges/files.ts";
import type { ShardDoor } from "../ingress-verifier/shard-door.ts";
import { OperatorDesk } from "./operator-desk.ts";

export interface DemoAccount {
  readonly role: "trader" | "maker";
  readonly file: string;
  readonly account: number;
  readonly key: number;
}

export const OPERATOR_KEY_NAME = "operator.pem";
export const DEMO_NAME = "demo.json";

const FILES = [
  { role: "trader", file: "demo-1.pem" },
  { role: "maker", file: "demo-2.pem" },
  { role: "maker", file: "demo-3.pem" },
] as const;
/** Whole units of each asset for each account. */
const FUNDS = 1_000_000;

export async function openDemoAccounts(config: Config, door: ShardDoor): Promise<DemoAccount[]> {
  const dir = config.venue.keysDir;
  const path = join(dir, DEMO_NAME);
  const known = readDemoAccounts(path);
  if (known !== null) return known;
  const operator = new OperatorDesk(door, readKeyFile(join(dir, OPERATOR_KEY_NAME)));
  const accounts: DemoAccount[] = [];
  for (const { role, file } of FILES) {
    const keyPath = join(dir, file);
    const signer = existsSync(keyPath) ? readKeyFile(keyPath) : generateKeyFile(keyPath);
    const { account, key } = await operator.openAccount(signer.publicKey);
    for (const asset of config.assets) {
      await operator.deposit(asset.id, account, FUNDS * 10 ** asset.decimals);
    }
    accounts.push({ role, file, account, key });
  }
  HOST_FILES.replace(path, new TextEncoder().encode(`${JSON.stringify(accounts, null, 2)}\n`));
  return accounts;
}

/** What an earlier start has noted, or null. */
export function readDemoAccounts(path: string): DemoAccount[] | null {
  if (!existsSync(path)) return null;
  const noted = parseOrNull(readFileSync(path, "utf8"));
  if (Array.isArray(noted) && noted.every(isDemoAccount)) return noted;
  throw new ServiceEnd(EXIT_REFUSED, `${path} is damaged; remove it and start again`);
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isDemoAccount(entry: unknown): entry is DemoAccount {
  return (
    typeof entry === "object" &&
    entry !== null &&
    "role" in entry &&
    "file" in entry &&
    "account" in entry &&
    "key" in entry
  );
}
