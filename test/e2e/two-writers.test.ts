/**
 * Two of a kind on one Redis, as real processes: matchers take turns, ingresses share by slot.
 */
import { describe, expect, test } from "bun:test";
import { HttpClient } from "../../src/client/http.ts";
import { ask } from "../log/redis-stand.ts";
import { KillFleet, until } from "../support/kill-fleet.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";

const ROOM_MS = 30_000;

/** A port that was free a moment ago. */
function freeAddress(): string {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop(true);
  return `127.0.0.1:${listener.port}`;
}

async function field(redis: RedisServer, name: string): Promise<number> {
  return Number(String(await ask(redis.port, "HGET", "ctl:{1}", name)));
}

describe.skipIf(!redisAvailable())("on one Redis", () => {
  test(
    "a second matcher takes over, and the first one ends soon, though nothing is traded",
    async () => {
      await using redis = await RedisServer.start();
      await using fleet = await KillFleet.start({ services: "three", redis: redis.port });
      // Without ingress there is not even a tick to write.
      expect(await fleet.terminate("ingress")).toBe(0);
      const before = await field(redis, "epoch");
      const ended = fleet.exitOf("matcher");
      const address = ["--matcher-http-address", freeAddress()];
      fleet.spawn("second", ["src/market-matcher/main.ts", ...address]);
      expect(await ended).toBe(1);
      expect(fleet.said("matcher")).toContain(`this is epoch ${before + 1}`);
      await until(() => fleet.said("second").includes('"message":"recovered"'), "the second");
      // The shard lives on.
      const tip = await field(redis, "ex_tip");
      await fleet.launch("ingress");
      await until(async () => (await field(redis, "ex_tip")) > tip, "the second to match");
      expect(fleet.isAlive("second")).toBe(true);
    },
    ROOM_MS,
  );

  test(
    "a second ingress of the same slot is refused with the pid; of another it serves",
    async () => {
      await using redis = await RedisServer.start();
      await using fleet = await KillFleet.start({ services: "three", redis: redis.port });
      const addresses = ["--ingress-tcp-address", "--ingress-http-address"].flatMap((flag) => [
        flag,
        freeAddress(),
      ]);
      const same = ["src/ingress-verifier/main.ts", ...addresses];
      expect(await fleet.run("same", same)).toBe(1);
      expect(fleet.said("same")).toMatch(
        new RegExp(`ingress slot "1" is written to by pid ${fleet.pid("ingress")} on .*`),
      );
      expect(fleet.isAlive("ingress")).toBe(true);
      fleet.spawn("other", [...same, "--ingress-slot", "b"]);
      await until(() => fleet.said("other").includes('"message":"ready"'), "the other ingress");
      // Each appends: when one is killed the other goes on, and the first comes back at once.
      await fleet.kill("ingress");
      const packs = async (slot: string): Promise<number> =>
        Number(String(await ask(redis.port, "HGET", "ctl:{1}", `slot:${slot}`)).split(":")[1]);
      const before = await packs("b");
      await until(async () => (await packs("b")) > before, "a tick of the other");
      await fleet.launch("ingress");
      await fleet.kill("other");
      await until(async () => (await packs("1")) > 0, "a tick of the first");
      const { shards } = await new HttpClient({ settlement: fleet.address.settlement }).status();
      expect(shards[0]?.halted ?? null).toBeNull();
    },
    ROOM_MS,
  );
});
