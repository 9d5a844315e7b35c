/**
 * Directory lock: one writing process per shard and role, and its name in the refusal of a second.
 *
 *   <dir>/<role>.<pid>.<8 hex>.sock   the socket of a writer (see doorbell.ts), or of one who asks
 *
 * A listening socket dies with its process, so it is the lock. Everybody first puts up its own,
 * under a name that is never used again, and then calls all others: of two starters at least one
 * sees the other, and whoever sees a live one does not write. Nobody's live socket is ever
 * unlinked, and a dead one may be by anybody. So neither `kill -9`, nor a pid used again, nor a
 * race makes two writers.
 */
import { mkdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { toHex } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import { type BellPlace, Doorbell, socketsAt } from "./doorbell.ts";
import { InUse } from "./log.ts";

export type Role = "in" | "ex";
/** Besides the streams: the files of a settlement, which have one writer too. */
export type Lock = Role | "settle";

const SERVICES: ReadonlyMap<string, string> = new Map<Lock, string>([
  ["in", "ingress-verifier"],
  ["ex", "market-matcher"],
  ["settle", "settlement-plane"],
]);

/** The system's bound on a socket's path is 104 (macOS) or 108 bytes, its zero included. */
const SOCKET_PATH_SIZE_MAX = 100;
const SOCKET_NAME_SIZE_MAX = "settle.4194304.01234567.sock".length;

/** A process that was just killed may hold its socket for a moment; so may another starter. */
const TRIES = 6;
const TRY_PAUSE_MS = 30;

/** Where the sockets of this directory are: in it, or in a short path where its own is too long. */
export function bellPlace(dir: string, role: Lock): BellPlace {
  const real = realpathSync(dir);
  const size = Buffer.byteLength(real) + 1 + SOCKET_NAME_SIZE_MAX;
  if (size <= SOCKET_PATH_SIZE_MAX) return { dir: real, role };
  const name = toHex(sha256(new TextEncoder().encode(real))).slice(0, 16);
  const short = join(tmpdir(), `clob-${name}`);
  mkdirSync(short, { recursive: true, mode: 0o700 });
  return { dir: short, role };
}

/** The doorbell of the only writer, or a LogFault that names who is. `shown` is for people. */
export async function claimRole(place: BellPlace, shown: string): Promise<Doorbell> {
  const { role } = place;
  let holder = "";
  for (let i = 0; i < TRIES; i++) {
    const random = toHex(crypto.getRandomValues(new Uint8Array(4)));
    const own = join(place.dir, `${role}.${process.pid}.${random}.sock`);
    const bell = new Doorbell(own);
    const others = await liveSockets(place, own);
    if (others.length === 0) return bell;
    bell.close();
    holder = others[0]!;
    await Bun.sleep(TRY_PAUSE_MS * (1 + Math.random()));
  }
  const pid = basename(holder).split(".")[1];
  const service = SERVICES.get(role) ?? role;
  throw new InUse(`data directory ${shown} is in use by pid ${pid} (${service})`);
}

/** Sockets of others that somebody listens to. Those of the dead are removed. */
async function liveSockets(place: BellPlace, own: string): Promise<string[]> {
  const live: string[] = [];
  for (const path of socketsAt(place)) {
    if (path === own) continue;
    if (await isAlive(path)) live.push(path);
    else rmSync(path, { force: true });
  }
  return live;
}

/** Only a refused connection, or no such socket, is proof of death. */
async function isAlive(path: string): Promise<boolean> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data: () => {} } });
    socket.end();
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    return code !== "ECONNREFUSED" && code !== "ENOENT";
  }
}
