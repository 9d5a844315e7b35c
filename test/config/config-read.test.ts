/** A right configuration gives the typed Config, whatever it was said with. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { configFlagOptions, flagFor } from "../../src/edges/config-flags.ts";
import { readConfig } from "../../src/edges/config-read.ts";
import { REPEATED_SECTIONS, type Row } from "../../src/edges/config-row.ts";
import { ROWS } from "../../src/edges/config-schema.ts";
import { configOf, readText, SMALL } from "./config-text.ts";

const DEMO = join(import.meta.dir, "..", "..", "config.toml");

describe("the demo", () => {
  const read = readConfig({ file: DEMO, env: {}, flags: {} });

  test("has four markets on one shard, BTC-USD first", () => {
    if (!read.ok) throw new Error("the demo does not read");
    const { assets, markets, shards, log, redis } = read.config;
    expect(markets.map((market) => [market.id, market.symbol, market.shard])).toEqual([
      [1, "BTC-USD", 1],
      [2, "ETH-USD", 1],
      [3, "SOL-USD", 1],
      [4, "DOGE-USD", 1],
    ]);
    expect(markets.map((market) => [market.lotUnits, market.tickValue])).toEqual([
      [10_000, 1],
      [100_000, 10],
      [1_000_000, 10],
      [100_000_000, 10],
    ]);
    expect(markets[0]).toEqual({
      id: 1,
      count: 1,
      symbol: "BTC-USD",
      shard: 1,
      base: 2,
      quote: 1,
      tick: "0.01",
      lot: "0.0001",
      lotUnits: 10_000,
      tickValue: 1,
      quantityMin: 1,
      quantityMax: 1_000_000,
      priceMin: 100_000,
      priceMax: 100_000_000,
      priceStep: 1,
      quantityStep: 1,
      makerFeePpm: 200,
      takerFeePpm: 500,
      openOrdersMax: 4096,
      state: "open",
    });
    expect(assets.map((asset) => [asset.id, asset.symbol, asset.decimals])).toEqual([
      [1, "USD", 6],
      [2, "BTC", 8],
      [3, "ETH", 8],
      [4, "SOL", 8],
      [5, "DOGE", 8],
    ]);
    expect(shards).toEqual([{ id: 1, ranges: [{ first: 1, last: 100 }] }]);
    expect({ kind: log.kind, dataDir: log.dataDir, redis }).toEqual({
      kind: "embedded",
      dataDir: "./data",
      redis: null,
    });
  });

  test("listens on 127.0.0.1 only", () => {
    if (!read.ok) throw new Error("the demo does not read");
    const { ingress, settlement, matcher } = read.config;
    const host = "127.0.0.1";
    expect([
      ingress.tcpAddress,
      ingress.httpAddress,
      settlement.httpAddress,
      matcher.httpAddress,
    ]).toEqual([
      { host, port: 8080 },
      { host, port: 9090 },
      { host, port: 9091 },
      { host, port: 9092 },
    ]);
  });
});

describe("flags beat environment beat file beat defaults", () => {
  const file = `${SMALL}[log]\ndata_dir = "from-file"\n`;
  const line = file.split("\n").length - 1;
  const env = { CLOB_DATA: "from-env" };
  test.each([
    [SMALL, {}, {}, "./data", { source: "default", line: null }],
    [file, {}, {}, "from-file", { source: "config.toml", line }],
    [file, env, {}, "from-env", { source: "env CLOB_DATA", line: null }],
    [file, { CLOB_DATA: "" }, {}, "from-file", { source: "config.toml", line }],
    [file, env, { data: "from-flag" }, "from-flag", { source: "flag --data", line: null }],
    [
      file,
      env,
      { "log-data-dir": "from-flag" },
      "from-flag",
      { source: "flag --log-data-dir", line: null },
    ],
  ])("case %#", (text, variables, flags, expected, origin) => {
    const read = readText(text, { env: variables, flags });
    if (!read.ok) throw new Error("it does not read");
    const { source, line: at } = read.values.origin("log.data_dir");
    expect({
      dataDir: read.config.log.dataDir,
      origin: { source: source.replace(/^.*\//, ""), line: at },
    }).toEqual({ dataDir: expected, origin });
  });

  test("keys and export lie in the data directory unless told otherwise", () => {
    const { venue, settlement } = configOf(SMALL, { flags: { data: "elsewhere" } });
    // The export stays out of the way of an embedded log unless asked for.
    expect([venue.keysDir, settlement.exportDir]).toEqual(["elsewhere/keys", null]);
    const asked = (variables: Record<string, string>, text = ""): string | null =>
      configOf(SMALL + text, { env: variables, flags: { data: "d" } }).settlement.exportDir;
    expect(asked({ CLOB_EXPORT: "on" })).toBe("d/export");
    expect(asked({ REDIS_ADDR: "127.0.0.1:6379" })).toBe("d/export");
    expect(asked({ REDIS_ADDR: "127.0.0.1:6379", CLOB_EXPORT: "off" })).toBeNull();
    expect(asked({ CLOB_EXPORT_DIR: "x" })).toBe("x");
    expect(asked({}, '[settlement]\nexport_dir = "x"\nexport = "off"\n')).toBeNull();
    const told = '[venue]\nkeys_dir = "k"\n[settlement]\nexport_dir = "e"\n';
    const other = configOf(SMALL + told);
    expect([other.venue.keysDir, other.settlement.exportDir]).toEqual(["k", "e"]);
  });

  test("--http is the address of the service that is started", () => {
    const ports = (role: "ingress" | "settlement" | "matcher") => {
      const config = configOf(SMALL, { flags: { http: "0" }, role });
      const { ingress, settlement, matcher } = config;
      return [ingress, settlement, matcher].map((service) => service.httpAddress.port);
    };
    expect(ports("ingress")).toEqual([0, 9091, 9092]);
    expect(ports("settlement")).toEqual([9090, 0, 9092]);
    expect(ports("matcher")).toEqual([9090, 9091, 0]);
    expect(readText(SMALL, { flags: { http: "0" } }).ok).toBe(false);
  });

  test("the flag of a key is named for errors, the shortest one", () => {
    expect(flagFor("", "ingress.tcp_address")).toBe("--tcp");
    expect(flagFor("matcher", "matcher.http_address")).toBe("--http");
    expect(flagFor("", "matcher.http_address")).toBe("--matcher-http-address");
    expect(flagFor("", "log.data_dir")).toBe("--data");
  });

  test("no secret has a flag", () => {
    expect(Object.keys(configFlagOptions("ingress")).filter((name) => /pass/.test(name))).toEqual(
      [],
    );
  });
});

describe("the log", () => {
  const kind = (env: Record<string, string>, text = "") => configOf(SMALL + text, { env }).log.kind;

  test("auto is redis if an address is set", () => {
    expect(kind({})).toBe("embedded");
    expect(kind({ REDIS_ADDR: "h:1" })).toBe("redis");
    expect(kind({}, '[redis]\naddress = "h:1"\n')).toBe("redis");
    expect(kind({ REDIS_ADDR: "h:1", CLOB_LOG: "embedded" })).toBe("embedded");
    expect(kind({ REDIS_ADDR: "h:1", CLOB_LOG: "redis" })).toBe("redis");
  });

  test("Redis is described whole, credentials from wherever they were given", () => {
    const rest = {
      caFile: null,
      connectTimeoutMs: 2000,
      commandTimeoutMs: 2000,
      unreachableMsMax: 60_000,
      memoryTrimPercent: 50,
      memoryRefuseOrdersPercent: 70,
      memoryCancelsOnlyPercent: 85,
    };
    expect(configOf(SMALL, { env: { REDIS_ADDR: "rediss://bob:pw@a:1,b" } }).redis).toEqual({
      hosts: [
        { host: "a", port: 1 },
        { host: "b", port: 6379 },
      ],
      tls: true,
      username: "bob",
      password: "pw",
      ...rest,
    });
    const env = { REDIS_ADDR: "rediss://a", REDIS_USERNAME: "eve", REDIS_PASSWORD: "pw2" };
    expect(configOf(SMALL, { env: { ...env, REDIS_CA_FILE: "ca.pem" } }).redis).toEqual({
      ...rest,
      hosts: [{ host: "a", port: 6379 }],
      tls: true,
      username: "eve",
      password: "pw2",
      caFile: "ca.pem",
    });
  });
});

describe("ranges", () => {
  const range = SMALL.replace('"BTC-USD"', '"M#-USD"\ncount = 21000').replace("1-9", "1-10000");

  test("are cut where one shard ends and another begins", () => {
    const { markets, shards } = configOf(`${range}[[shard]]\nid = 7\nmarkets = "10001-21000"\n`);
    expect(markets.map(({ id, count, symbol, shard }) => ({ id, count, symbol, shard }))).toEqual([
      { id: 1, count: 10_000, symbol: "M#-USD", shard: 1 },
      { id: 10_001, count: 11_000, symbol: "M#-USD", shard: 7 },
    ]);
    expect(shards.map((shard) => shard.id)).toEqual([1, 7]);
  });

  test("belong to interleaved shards, listed in any order", () => {
    const text = SMALL.replace('"BTC-USD"', '"M#"\ncount = 9')
      .replace("1-9", "3-5,8")
      .replace("[[shard]]\nid = 1", '[[shard]]\nid = 2\nmarkets = "1-2,6-7,9"\n[[shard]]\nid = 1');
    const parts = configOf(text).markets.map((one) => [one.id, one.count, one.shard]);
    expect(parts).toEqual([
      [1, 2, 2],
      [3, 3, 1],
      [6, 2, 2],
      [8, 1, 1],
      [9, 1, 2],
    ]);
  });
});

describe("every key of the schema", () => {
  const REDIS = '[redis]\naddress = "rediss://h"\n';

  /** Another legal value of the key, as TOML. */
  function another(row: Row): string {
    const { kind, fallback } = row;
    switch (kind.type) {
      case "integer":
        return String(Number(fallback) + (fallback === kind.max ? -1 : 1));
      case "boolean":
        return String(fallback !== true);
      case "choice":
        return JSON.stringify(kind.among.find((word) => word !== fallback && word !== "D1"));
      case "listen_address":
        return '"10.1.2.3:4567"';
      case "redis_address":
        return '"rediss://other"';
      default:
        return '"another"';
    }
  }

  const plain = ROWS.filter((row) => !REPEATED_SECTIONS.includes(row.section));
  test.each(plain.map((row) => [`${row.section}.${row.key}`, row] as const))(
    "%s reaches the Config",
    (_, row) => {
      const line = `${row.key} = ${another(row)}\n`;
      const own = row.key === "address" ? "" : row.section === "redis" ? REDIS : "";
      const rest = row.section === "redis" ? "" : REDIS;
      const header = own === "" ? `[${row.section}]\n` : own;
      const { file: _file, ...changed } = configOf(`${SMALL}${rest}${header}${line}`);
      const { file: _other, ...before } = configOf(`${SMALL}${REDIS}`);
      expect(changed).not.toEqual(before);
    },
  );

  const cells: readonly (readonly [string, string, string])[] = [
    ["asset.decimals", "decimals = 6", "decimals = 7"],
    ["asset.id", "id = 2", "id = 3"],
    ["market.id", 'id = 1\nsymbol = "BTC-USD"', 'id = 2\nsymbol = "BTC-USD"'],
    ["market.symbol", '"BTC-USD"', '"XBT-USD"'],
    ["market.count", '"BTC-USD"', '"#"\ncount = 2'],
    ["market.tick", '"0.01"', '"0.1"'],
    ["market.lot", 'lot = "0.0001"', 'lot = "0.001"\nopen_orders_max = 1'],
    ["market.quantity_min", 'quantity_min = "0.0001"', 'quantity_min = "0.001"'],
    ["market.quantity_max", '"100"', '"10"'],
    ["market.price_min", '"1000"', '"100"'],
    ["market.price_max", '"1000000"', '"100000"'],
    ["market.price_step_ticks", "[[shard]]", "price_step_ticks = 2\n[[shard]]"],
    ["market.quantity_step_lots", "[[shard]]", "quantity_step_lots = 2\n[[shard]]"],
    ["market.maker_fee_ppm", "[[shard]]", "maker_fee_ppm = 2\n[[shard]]"],
    ["market.taker_fee_ppm", "[[shard]]", "taker_fee_ppm = 2\n[[shard]]"],
    ["market.open_orders_max", "[[shard]]", "open_orders_max = 2\n[[shard]]"],
    ["market.state", "[[shard]]", 'state = "halted"\n[[shard]]'],
    ["shard.id", "[[shard]]\nid = 1", "[[shard]]\nid = 2"],
    ["shard.markets", "1-9", "1-8"],
  ];
  test.each(cells)("%s reaches the Config", (name, from, to) => {
    const text = SMALL.replace(from, to).replace(
      'quantity_min = "0.0001"',
      name === "market.lot" ? 'quantity_min = "0.001"' : 'quantity_min = "0.0001"',
    );
    const { file: _file, ...changed } = configOf(text);
    const { file: _other, ...before } = configOf(SMALL);
    expect(changed).not.toEqual(before);
  });
});
