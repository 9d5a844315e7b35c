/**
 * A load balancer places new connections only. With an age of sessions, traders that came when
 * there was one ingress find the second one by themselves, and do not notice: real processes on a
 * real Redis, and cancel on disconnect for half of the traders.
 */
import { expect, test } from "bun:test";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { TWO } from "../support/runbook-config.ts";
import { RunbookFleet } from "../support/runbook-fleet.ts";
import { RunbookLoad } from "../support/runbook-load.ts";

const MS_MAX = 180_000;
const TRADERS = 6;
const AGED = ["--ingress-session-age-ms-max", "3000", "--ingress-session-notice-ms", "500"];

/** Hands each new connection to the next of those that are there; those it has stay. */
async function balancer(targets: readonly number[]): Promise<Server> {
  let next = 0;
  const server = createServer((client) => {
    const target = connect(targets[next++ % targets.length]!, "127.0.0.1");
    client.pipe(target).pipe(client);
    for (const [one, other] of [
      [client, target],
      [target, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function metric(address: string, name: string): Promise<number> {
  const text = await (await fetch(`http://${address}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? Number.NaN);
}

test.skipIf(!redisAvailable())(
  "traders find an ingress that was added, and no order of theirs is unknown or canceled",
  async () => {
    await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "always" });
    await using fleet = new RunbookFleet(redis.port, TWO);
    fleet.addMatcher("market-matcher@1", "HOST:9092", "1-10");
    const first = fleet.units.get("ingress-verifier")!;
    fleet.units.set("ingress-verifier", { ...first, flags: [...first.flags, ...AGED] });
    fleet.addIngress(
      "ingress-verifier@2",
      ["HOST:8082", "HOST:9095"],
      ["--ingress-slot", "2", ...AGED],
    );
    await fleet.run("clob init");
    for (const unit of ["market-matcher@1", "settlement-plane", "ingress-verifier"]) {
      await fleet.systemctl("start", unit);
    }
    const portOf = (host: string): number => Number(fleet.hosts.get(host)?.split(":")[1]);
    const targets = [portOf("HOST:8080")];
    const server = await balancer(targets);
    const { port } = server.address() as AddressInfo;
    fleet.shell.env["CLOB_TCP"] = `127.0.0.1:${port}`;

    const loads: RunbookLoad[] = [];
    for (let i = 1; i <= TRADERS; i++) {
      await fleet.run(`clob keygen ./${i}.pem`);
      await fleet.run(`clob account open --key ./${i}.pem`);
      await fleet.run(`clob admin deposit ${i} USD 100000`);
      const cancelOnDisconnect = i % 2 === 0;
      loads.push(await RunbookLoad.begin(fleet, { key: `${i}`, cancelOnDisconnect }));
    }
    await fleet.systemctl("start", "ingress-verifier@2");
    targets.push(portOf("HOST:8082"));

    const at = (host: string): string => fleet.hosts.get(host)!;
    const isSpread = async (): Promise<boolean> => {
      const counts = ["HOST:9090", "HOST:9095"].map((host) =>
        metric(at(host), "clob_ingress_connections"),
      );
      const moved = await metric(at("HOST:9095"), "clob_ingress_sessions_moved_total");
      return (await Promise.all(counts)).every((count) => count > 0) && moved >= TRADERS;
    };
    while (!(await isSpread())) await Promise.all(loads.map((load) => load.more(20)));
    for (const load of loads) {
      expect(await load.outcome()).toEqual(["open"]);
      expect(load.unasked).toEqual([]);
      await load[Symbol.asyncDispose]();
    }
    server.close();
  },
  MS_MAX,
);
