/** What bends clocks and disks for chaos does bend them, in processes of their own. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Room } from "./room.ts";
import { Control, shimPath } from "./shim.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-chaos-means-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const HOUR_US = 3_600_000_000;

async function run(control: Control, script: string): Promise<string> {
  const child = Bun.spawn([process.execPath, "-e", script], {
    env: { ...process.env, ...control.environment },
    stdout: "pipe",
  });
  return (await new Response(child.stdout).text()).trim();
}

describe.skipIf(shimPath() === null)("the shim", () => {
  test("moves the wall clock of a process while it runs, and no other clock", async () => {
    const control = new Control(join(dir, "clock"));
    control.clockUs = -HOUR_US;
    const behind = Number(await run(control, "console.log(Date.now())"));
    expect(Math.abs(Date.now() - 3_600_000 - behind)).toBeLessThan(60_000);
    control.clockUs = 0;
    const script =
      "const t = performance.now(); process.stdout.write('a');" +
      "while (Date.now() < 4e12 && performance.now() - t < 20_000);" +
      "console.log(Date.now() >= 4e12, performance.now() - t < 20_000)";
    const child = Bun.spawn([process.execPath, "-e", script], {
      env: { ...process.env, ...control.environment },
      stdout: "pipe",
    });
    const reader = child.stdout.getReader();
    await reader.read();
    control.clockUs = 3_000_000_000_000_000;
    expect(new TextDecoder().decode((await reader.read()).value).trim()).toBe("true true");
    control.close();
  });

  test("tells which file was synced last, and how long it was when that began", async () => {
    const control = new Control(join(dir, "sync"));
    const path = join(dir, "synced");
    const script = `
      const fs = require("node:fs");
      const file = fs.openSync(${JSON.stringify(path)}, "w");
      fs.writeSync(file, "12345");
      fs.fdatasyncSync(file);
      fs.writeSync(file, "678");`;
    await run(control, script);
    expect(control.synced).toEqual({ inode: statSync(path).ino, size: 5 });
    expect(statSync(path).size).toBe(8);
    control.close();
  });
});

test("a room is full when it is filled, for those within alone, and has room again", async () => {
  const room = await Room.open(join(dir, "room"), 1 << 20);
  if (room === null) {
    console.log("no right to make namespaces here: nothing to look at");
    return;
  }
  const within = async (name: string): Promise<number> => {
    const path = JSON.stringify(join(room.dir, name));
    const write = `require("node:fs").writeFileSync(${path}, "x")`;
    const command = [...room.within, process.execPath, "-e", write];
    return Bun.spawn(command, { stdout: "ignore", stderr: "ignore" }).exited;
  };
  expect(await within("first")).toBe(0);
  room.fill();
  expect(await within("second")).toBe(1);
  writeFileSync(join(dir, "outside"), "y");
  room.clear();
  expect(await within("third")).toBe(0);
  expect(statSync(room.seen("third")).size).toBe(1);
  await room.close();
});
