/**
 * Doctor on a venue of several shards: it looks at the log of each.
 */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ShardsConfig } from "../support/shards-config.ts";
import { clob } from "./capture.ts";

const { PATH = "", HOME = "" } = process.env;

test("doctor names the shards that have no genesis", async () => {
  using config = new ShardsConfig();
  const dir = mkdtempSync(join(tmpdir(), "clob-doctor-"));
  const run = (line: string) =>
    clob([...line.split(" "), "--data", dir, "--config", config.path, "-o", "json"], {
      PATH,
      HOME,
      CLOB_LOG: "embedded",
    });
  const ofLog = async () => {
    const { checks } = JSON.parse((await run("doctor")).out);
    return checks.find(({ name }: { name: string }) => name === "log");
  };
  const found = (text: string) => expect.stringMatching(new RegExp(text));

  expect(await ofLog()).toMatchObject({ state: "warning", found: found(": no genesis yet$") });
  expect((await run("init")).code).toBe(0);
  expect(await ofLog()).toMatchObject({ state: "ok", found: found(", shards 1-3$") });
  config.addShard();
  const sentence = ": no genesis yet of shards 4$";
  expect(await ofLog()).toMatchObject({ state: "warning", found: found(sentence) });
  rmSync(dir, { recursive: true });
});
