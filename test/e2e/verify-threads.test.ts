/**
 * Settlement's threads: a venue whose verifying thread is gone stops by itself and says why, and
 * comes back as after any stop. The thread is ended from within, since nobody else can.
 */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");

/** A venue's main file behind a few lines that end its thread after a while. */
const SPOILED = `
  const Thread = globalThis.Worker;
  globalThis.Worker = class extends Thread {
    constructor(...args) {
      super(...args);
      setTimeout(() => this.postMessage(new Uint8Array(1)), 1000);
    }
  };
  await import(${JSON.stringify(join(ROOT, "src", "venue", "main.ts"))});
`;

test("a thread that ends takes the venue along, with a sentence", async () => {
  const dir = mkdtempSync(join(tmpdir(), "clob-threads-"));
  try {
    const http = ["ingress", "matcher", "settlement"].map((name) => `--${name}-http-address=0`);
    const flags = ["--no-demo", "--tcp=0", ...http, `--data=${dir}`];
    const venue = Bun.spawn([process.execPath, "-e", SPOILED, "--", ...flags], {
      cwd: ROOT,
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    expect(await venue.exited).toBe(1);
    const said = await new Response(venue.stderr).text();
    expect(said).toStartWith("clob: a thread that verifies signatures has ended: ");
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 60_000);
