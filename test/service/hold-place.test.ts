/** What a consumer says of itself, over a log that is trimmed by it. */
import { expect, test } from "bun:test";
import { MemoryStore } from "../../src/edges/memory-log.ts";
import { holdPlace } from "../../src/service/hold-place.ts";
import { genesisRecord, SHARD } from "../log/records.ts";
import { until } from "../support/kill-fleet.ts";

test("needs all until it reaches the export; under another name it leaves the first", async () => {
  const log = new MemoryStore(SHARD).open();
  await log.create(genesisRecord());
  const stop = new AbortController();
  let reads = false;
  let name = "matcher-standby";
  let position = 0;
  const holding = holdPlace({
    log,
    name: () => name,
    position: () => position,
    silentMsMax: 500,
    readsExport: async () => {
      if (reads) return true;
      throw new Error("no export here");
    },
    stop: stop.signal,
  });
  const places = async (): Promise<string> => {
    const { consumers } = await log.trim(0);
    return consumers.map((one) => `${one.name} ${one.position}`).join(", ");
  };
  expect(await places()).toBe("");
  position = 40;
  await until(async () => (await places()) === "matcher-standby 1", "all to be kept");
  reads = true;
  await until(async () => (await places()) === "matcher-standby 40", "its own position");
  [name, position] = ["matcher", 50];
  await until(async () => (await places()) === "matcher 50", "the other name alone");
  stop.abort();
  await holding;
});
