/**
 * Which shards a matcher owns: by markets as the guide says it, by ranges, by shard ids; and the
 * sentence with the legal sets for everything else.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { readConfig } from "../../src/edges/config-read.ts";
import { chosenShards, marketsOf } from "../../src/market-matcher/shard-choice.ts";

const root = join(import.meta.dir, "../..");
const read = readConfig({
  file: join(root, "deploy", "markets-21000.toml"),
  env: {},
  flags: {},
  role: "matcher",
});
if (!read.ok) throw new Error(JSON.stringify(read.errors));
const { config } = read;
const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const idsTo = (last: number): string[] => Array.from({ length: last }, (_, i) => `${i + 1}`);

/** What `choose` throws, as text. */
function refusal(markets: string[], shards?: string): string {
  try {
    return `no refusal: ${chosenShards(config, markets, shards).join(" ")}`;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("a matcher owns", () => {
  test("all shards if it is told none", () => {
    expect(chosenShards(config, [], undefined)).toEqual(ALL);
  });

  test("the shard of 2,100 ids, each an argument of its own", () => {
    expect(chosenShards(config, idsTo(2100), undefined)).toEqual([1]);
  });

  test("several shards by ranges in any order, overlaps and all", () => {
    expect(chosenShards(config, ["4201-6300", "1-2000", "1900-2100"], undefined)).toEqual([1, 3]);
  });

  test("shards by their ids and ranges of ids", () => {
    expect(chosenShards(config, [], "9-10,2")).toEqual([2, 9, 10]);
  });
});

describe("a matcher refuses", () => {
  test("half a shard, and lists the legal sets", () => {
    const text = refusal(["1-2099"]);
    expect(text).toStartWith("these markets are not those of whole shards; the legal sets");
    expect(text).toContain("\n  shard 1: 1-2100\n");
    expect(text).toEndWith("\n  shard 10: 18901-21000");
  });

  test("a shard and one market more", () => {
    expect(refusal(["1-2101"])).toContain("legal sets");
  });

  test("a market that no shard has", () => {
    expect(refusal(["1-2100", "21001"])).toContain("legal sets");
  });

  test("what is no number, no range, or a range that falls", () => {
    expect(refusal(["BTC-USD"])).toBe('"BTC-USD" is not a market id or a range such as 1-2100');
    expect(refusal(["9-1"])).toBe('"9-1" is not a market id or a range such as 1-2100');
    expect(refusal([], "0")).toBe('"0" is not a shard id or a range such as 1-2100');
    expect(refusal([], "")).toBe('"" is not a shard id or a range such as 1-2100');
  });

  test("a shard that is not there", () => {
    expect(refusal([], "3,11")).toBe("there is no shard 11; config.toml has 1-10");
  });

  test("markets and shards at once", () => {
    expect(refusal(["1-2100"], "1")).toBe("say which shards by --shard or by markets, not by both");
  });
});

test("--list-markets prints what the same command takes", async () => {
  const ids = marketsOf(config, [2]);
  expect(ids).toEqual(Array.from({ length: 2100 }, (_, i) => 2101 + i));
  const argv = ["--config", "deploy/markets-21000.toml", "--shard", "2", "--list-markets"];
  const command = [process.execPath, "src/market-matcher/main.ts", ...argv];
  const child = Bun.spawn(command, { cwd: root, stdout: "pipe", stderr: "inherit" });
  expect(await new Response(child.stdout).text()).toBe(`${ids.join(" ")}\n`);
  expect(await child.exited).toBe(0);
});
