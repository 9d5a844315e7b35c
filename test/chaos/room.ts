/**
 * Room: a directory that is a small disk of its own, so that it can be full.
 *
 *   holder (unshare: own user and mount namespace) -- tmpfs of so many bytes
 *   others enter by `within` (nsenter); we look in through the holder's root
 *
 * It is gone when its holder ends. Without the right to make namespaces there are no rooms.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const READY = "room is ready";

/** Those alive, so that none outlives a run that breaks off. */
const alive = new Set<Bun.Subprocess>();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

export class Room {
  /** As those see it who are within. */
  readonly dir: string;
  /** Words before a command, so that it runs within. */
  readonly within: readonly string[];
  private readonly holder: Bun.Subprocess;

  private constructor(dir: string, holder: Bun.Subprocess) {
    this.dir = dir;
    this.holder = holder;
    const own = ["-U", "-m", "--preserve-credentials", "-t", `${holder.pid}`];
    this.within = ["nsenter", ...own, `--wd=${process.cwd()}`, "--"];
  }

  /** Null where that is not allowed. */
  static async open(dir: string, bytes: number): Promise<Room | null> {
    const tools = ["unshare", "nsenter", "mount"].every((name) => Bun.which(name) !== null);
    if (!tools || process.platform !== "linux") return null;
    mkdirSync(dir, { recursive: true });
    const mount = `mount -t tmpfs -o size=${bytes} tmpfs "$1" && echo ${READY} && exec sleep 3600`;
    const holder = Bun.spawn(["unshare", "-Urm", "sh", "-c", mount, "sh", dir], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
    });
    alive.add(holder);
    void holder.exited.then(() => alive.delete(holder));
    const { value } = await holder.stdout.getReader().read();
    if (new TextDecoder().decode(value ?? new Uint8Array(0)).includes(READY)) {
      return new Room(dir, holder);
    }
    holder.kill("SIGKILL");
    return null;
  }

  /** Path of something within, for us who are outside. */
  seen(name: string): string {
    return join(`/proc/${this.holder.pid}/root`, this.dir, name);
  }

  /** Not a byte is left, until `clear`. */
  fill(): void {
    const block = new Uint8Array(1 << 16);
    for (let count = 0; ; count++) {
      try {
        writeFileSync(this.seen("filler"), block, { flag: "a" });
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOSPC") return;
        throw error;
      }
    }
  }

  clear(): void {
    rmSync(this.seen("filler"), { force: true });
  }

  async close(): Promise<void> {
    this.holder.kill("SIGKILL");
    await this.holder.exited;
  }
}
