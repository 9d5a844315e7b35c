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

/** What /readyz says; null while nobody answers. */
async function roleAt(address: string): Promise<{ status: string; role?: string } | null> {
  try {
    return (await (await fetch(`http://${address}/readyz`)).json()) as { status: string };
  } catch {
    return null;
  }
}

describe.skipIf(!redisAvailable())("on one Redis", () => {
  test(
    "a second matcher stands by; it takes over from one that is paused, which stands by in turn",
    async () => {
      await using redis = await RedisServer.start();
      await using fleet = await KillFleet.start({ services: "three", redis: redis.port });
      const address = freeAddress();
      const flags = ["--matcher-http-address", address];
      await until(async () => (await field(redis, "epoch")) === 1, "the first to lead");
      fleet.spawn("second", ["src/market-matcher/main.ts", ...flags]);
      await until(() => fleet.said("second").includes('"message":"standing by"'), "the second");
      expect(await roleAt(address)).toEqual({ status: "ready", role: "standby" });
      // Both live: the first goes on, and the second keeps up with it.
      const tip = await field(redis, "ex_tip");
      await until(async () => (await field(redis, "ex_tip")) > tip, "the first to match");
      expect(await field(redis, "epoch")).toBe(1);
      fleet.signal("matcher", "SIGSTOP");
      await until(async () => (await roleAt(address))?.role === "leader", "the second to lead");
      expect(await field(redis, "epoch")).toBe(2);
      const taken = await field(redis, "ex_tip");
      await until(async () => (await field(redis, "ex_tip")) > taken, "the second to match");
      // The first wakes up in another's turn: it is fenced, and waits for the next one.
      fleet.signal("matcher", "SIGCONT");
      await until(() => fleet.said("matcher").includes("turn lost"), "the first to be told");
      expect(fleet.said("matcher")).toContain("this is epoch 2");
      await until(() => fleet.said("matcher").includes('"message":"standing by"'), "the first");
      await fleet.kill("second");
      await until(async () => (await field(redis, "epoch")) === 3, "the first to lead again");
      const again = await field(redis, "ex_tip");
      await until(async () => (await field(redis, "ex_tip")) > again, "the first to match again");
      // Asked to stop, it gives its turn back: nobody waits for a lease.
      fleet.spawn("third", ["src/market-matcher/main.ts", ...flags, "--matcher-lease-ms", "60000"]);
      await until(() => fleet.said("third").includes('"message":"standing by"'), "the third");
      expect(await fleet.terminate("matcher")).toBe(0);
      await until(async () => (await roleAt(address))?.role === "leader", "the third to lead");
      const { shards } = await new HttpClient({ settlement: fleet.address.settlement }).status();
      expect(shards[0]?.halted ?? null).toBeNull();
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
