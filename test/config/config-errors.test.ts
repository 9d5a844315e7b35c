/** Each mistake has a sentence that names file, line, key and what is allowed. */
import { describe, expect, test } from "bun:test";
import { formatConfigError } from "../../src/edges/config-errors.ts";
import { readConfig } from "../../src/edges/config-read.ts";
import { type Around, errorsOf, SMALL } from "./config-text.ts";

const SECTIONS =
  "[venue] [log] [redis] [[asset]] [[market]] [[shard]] [ingress] [settlement] [matcher] [limits]";
const LISTEN = '"port" or "host:port"; without a host it is 127.0.0.1, and port 0 picks one';
const REDIS = '"host:port", "redis://host:port", "rediss://user:pass@host:port", or a comma list';
/** Lines of SMALL; what is appended stands on the next. */
const NEXT = SMALL.split("\n").length;

/** SMALL with this put behind it. */
function after(text: string, around: Around = {}): string[] {
  return errorsOf(`${SMALL}${text}`, around);
}

describe("the file", () => {
  test("SMALL has no errors", () => {
    expect(errorsOf(SMALL)).toEqual([]);
  });

  test("is not there", () => {
    const read = readConfig({ file: "no/such.toml", env: {}, flags: {} });
    expect(read.ok ? [] : read.errors.map(formatConfigError)).toEqual([
      "no/such.toml: there is no such file; " +
        "allowed: a readable file, named by --config FILE or CLOB_CONFIG",
    ]);
  });

  test("is a directory", () => {
    const read = readConfig({ file: ".", env: {}, flags: {} });
    expect(read.ok ? [] : read.errors.map(formatConfigError)).toEqual([
      ".: cannot be read (EISDIR); " +
        "allowed: a readable file, named by --config FILE or CLOB_CONFIG",
    ]);
  });

  test("is no TOML", () => {
    expect(errorsOf('[log]\nkind = "auto\n')).toEqual([
      expect.stringMatching(/^config\.toml:2: .* strings; allowed: well-formed TOML$/),
    ]);
  });

  test("has a key twice", () => {
    expect(errorsOf('[log]\nkind = "auto"\nkind = "redis"\n')).toEqual([
      expect.stringMatching(/^config\.toml:3: .*; allowed: well-formed TOML$/),
    ]);
  });

  test("has a key outside of any section", () => {
    expect(errorsOf(`kind = "auto"\n${SMALL}`)).toEqual([
      `config.toml:1: kind: stands outside of any section; allowed: ${SECTIONS}`,
    ]);
  });

  test("has a section written as a key", () => {
    expect(errorsOf(`limits = 5\n${SMALL}`)).toEqual([
      "config.toml:1: limits: is a section, not a key; allowed: [limits]",
    ]);
  });
});

describe("sections and keys", () => {
  test.each([
    ["[lgo]\n", `:${NEXT}: lgo: unknown section (did you mean "log"?); allowed: ${SECTIONS}`],
    ["[zebra]\n", `:${NEXT}: zebra: unknown section; allowed: ${SECTIONS}`],
    ["[[log]]\n", `:${NEXT}: log: written as [[ ]]; allowed: [log]`],
    [
      "[matcher]\n# comment\nengin = 1\n",
      `:${NEXT + 2}: matcher.engin: unknown key (did you mean "engine"?); ` +
        "allowed: http_address, engine, snapshot_commands, lease_ms",
    ],
    [
      "[[shard]]\nid = 2\n",
      `:${NEXT}: shard[2].markets: missing, and has no default; ` +
        'allowed: numbers and ranges that rise, such as "1-2100" or "1-4,9"',
    ],
  ])("%j", (text, error) => {
    expect(after(text)).toEqual([`config.toml${error}`]);
  });

  test("a table for a value, on a line that the scan does not know", () => {
    expect(after("[log.kind]\nx = 1\n")).toEqual([
      'config.toml: log.kind: the value is a table; allowed: "auto", "embedded", "redis"',
    ]);
  });

  test("[market] for [[market]]", () => {
    expect(errorsOf('[market]\nid = 1\n[[shard]]\nid = 1\nmarkets = ""\n')).toEqual([
      "config.toml:1: market: written as [ ]; allowed: [[market]]",
    ]);
  });

  test("no shard", () => {
    expect(errorsOf("")).toEqual(["config.toml: shard: missing; allowed: at least one [[shard]]"]);
  });

  test("__proto__ is no way in", () => {
    expect(after("[__proto__]\nx = 1\n")).toEqual([
      expect.stringMatching(/^config\.toml:\d+: .*; allowed: well-formed TOML$/),
    ]);
  });
});

describe("values of the file", () => {
  const at = `config.toml:${NEXT + 1}: `;
  test.each([
    [
      '[log]\nkind = "embeded"\n',
      'log.kind: "embeded" is not one of them (did you mean "embedded"?); ' +
        'allowed: "auto", "embedded", "redis"',
    ],
    ["[log]\nkind = 1\n", 'log.kind: 1 is an integer; allowed: "auto", "embedded", "redis"'],
    ['[log]\ndata_dir = ""\n', 'log.data_dir: "" is empty; allowed: a path'],
    ["[log]\nreplicas = 9\n", "log.replicas: 9 is too large; allowed: an integer from 0 to 8"],
    ["[log]\nreplicas = -1\n", "log.replicas: -1 is too small; allowed: an integer from 0 to 8"],
    [
      "[log]\nreplicas = 1.0\n",
      "log.replicas: 1 is a number with a point; allowed: an integer from 0 to 8",
    ],
    ['[log]\nreplicas = "1"\n', 'log.replicas: "1" is text; allowed: an integer from 0 to 8'],
    [
      "[log]\nreplicas = 99999999999999999999\n",
      "log.replicas: 99999999999999999999 is too large; allowed: an integer from 0 to 8",
    ],
    [
      "[log]\nreplicas = [1]\n",
      "log.replicas: the value is an array; allowed: an integer from 0 to 8",
    ],
    [
      "[log]\nreplicas = 2026-11-22\n",
      "log.replicas: the value is a date; allowed: an integer from 0 to 8",
    ],
    [
      '[ingress]\nreuse_port = "yes"\n',
      'ingress.reuse_port: "yes" is text; allowed: true or false',
    ],
    [
      '[venue]\nname = "My Venue"\n',
      'venue.name: "My Venue" does not have that form; ' +
        "allowed: 1 to 32 of a-z, 0-9 and -, not - first",
    ],
    [
      '[ingress]\ntcp_address = "localhost"\n',
      'ingress.tcp_address: "localhost" cannot be read: no port from 0 to 65535 at its end; ' +
        `allowed: ${LISTEN}`,
    ],
    [
      '[redis]\naddress = "redis://u:hunter2@h:0"\n',
      `redis.address: the value cannot be read: its port is not from 1 to 65535; allowed: ${REDIS}`,
    ],
    ["[redis]\npassword = 12345\n", "redis.password: the value is an integer; allowed: text"],
  ])("%j", (text, error) => {
    expect(after(text)).toEqual([`${at}${error}`]);
  });
});

describe("environment and flags", () => {
  test.each<[Around, string]>([
    [
      { env: { CLOB_LOG: "disk" } },
      'env CLOB_LOG: log.kind: "disk" is not one of them; allowed: "auto", "embedded", "redis"',
    ],
    [
      { env: { CLOB_LOG: "redis" } },
      'env CLOB_LOG: log.kind: "redis" without the address of a Redis; ' +
        'allowed: REDIS_ADDR=host:port or [redis] address, or "embedded"',
    ],
    [
      { env: { REDIS_ADDR: "redis://u:hunter2@" } },
      "env REDIS_ADDR: redis.address: the value cannot be read: it holds no host name or " +
        `address; allowed: ${REDIS}`,
    ],
    [
      { flags: { "log-replicas": "many" } },
      'flag --log-replicas: log.replicas: "many" is not an integer; ' +
        "allowed: an integer from 0 to 8",
    ],
    [
      { flags: { "log-replicas": "9" } },
      "flag --log-replicas: log.replicas: 9 is too large; allowed: an integer from 0 to 8",
    ],
    [
      { flags: { "ingress-reuse-port": "1" } },
      'flag --ingress-reuse-port: ingress.reuse_port: "1" is neither true nor false; ' +
        "allowed: true or false",
    ],
    [
      { flags: { dta: "x" } },
      'flag --dta: unknown flag (did you mean "data"?); allowed: see --help',
    ],
    [
      { flags: { "redis-password": "x" } },
      expect.stringMatching(/^flag --redis-password: unknown flag.*; allowed: see --help$/),
    ],
  ])("%j", (around, error) => {
    expect(errorsOf(SMALL, around)).toEqual([error]);
  });

  test("a bad flag does not leave the file's value to be checked further", () => {
    const flags = { "limits-heartbeat-ms": "soon" };
    expect(after("[limits]\nheartbeat_ms = 20000\n", { flags })).toEqual([
      'flag --limits-heartbeat-ms: limits.heartbeat_ms: "soon" is not an integer; ' +
        "allowed: an integer from 10 to 60000",
    ]);
  });

  test("no error repeats a password", () => {
    const text = `${SMALL}[redis]\naddress = "redis://u:hunter2@:1"\npassword = ["hunter2"]\n`;
    expect(errorsOf(text, { env: { REDIS_ADDR: "x://hunter2" } }).join()).not.toContain("hunter2");
  });
});

describe("contradictions", () => {
  test.each([
    [
      '[ingress]\nhttp_address = "8080"\n',
      `:${NEXT + 1}: ingress.http_address: port 8080 is already taken by ingress.tcp_address; ` +
        "allowed: another port, or 0 to pick one",
    ],
    [
      '[matcher]\nhttp_address = "0.0.0.0:9090"\n',
      `:${NEXT + 1}: matcher.http_address: port 9090 is already taken by ingress.http_address; ` +
        "allowed: another port, or 0 to pick one",
    ],
    [
      '[log]\ndurability = "D1"\n',
      `:${NEXT + 1}: log.durability: "D1" is a level of Redis, and the log is embedded; ` +
        'allowed: "auto", "D0", "D2"',
    ],
    [
      '[log]\ndurability = "D3"\n',
      `:${NEXT + 1}: log.durability: "D3" is a level of Redis, and the log is embedded; ` +
        'allowed: "auto", "D0", "D2"',
    ],
    [
      '[redis]\naddress = "h"\n[log]\ndurability = "D3"\n',
      `:${NEXT + 3}: log.durability: "D3" with 0 replicas; ` +
        "allowed: log.replicas of 1 or more, or D2",
    ],
    [
      '[redis]\naddress = "rediss://a:b@h"\nusername = "c"\n',
      `:${NEXT + 2}: redis.username: differs from the username in redis.address; ` +
        "allowed: the same, or only one",
    ],
    [
      '[redis]\naddress = "rediss://a:b@h"\npassword = "c"\n',
      `:${NEXT + 2}: redis.password: differs from the password in redis.address; ` +
        "allowed: the same, or only one",
    ],
    [
      '[redis]\naddress = "h"\nca_file = "ca.pem"\n',
      `:${NEXT + 2}: redis.ca_file: given, but redis.address does not use TLS; ` +
        "allowed: a rediss:// address, or no ca_file",
    ],
    [
      "[limits]\nheartbeat_ms = 15000\n",
      `:${NEXT + 1}: limits.heartbeat_ms: 15000 is not below limits.client_silent_ms_max, ` +
        "which is 15000; allowed: less than 15000",
    ],
    [
      "[redis]\nmemory_refuse_orders_percent = 90\n",
      `:${NEXT + 1}: redis.memory_refuse_orders_percent: 90 is not below ` +
        "redis.memory_cancels_only_percent, which is 85; allowed: less than 85",
    ],
    [
      "[limits]\nassets_max = 1\n",
      `:${NEXT + 1}: limits.assets_max: 1 is less than the 2 assets of this file; ` +
        "allowed: 2 or more",
    ],
  ])("%j", (text, error) => {
    expect(after(text)).toEqual([`config.toml${error}`]);
  });

  test("as many assets as may be are no contradiction", () => {
    expect(after("[limits]\nassets_max = 2\nmarkets_max = 1\n")).toEqual([]);
  });

  test("ports on different hosts, and port 0 twice, are no contradiction", () => {
    const text = '[ingress]\nhttp_address = "10.0.0.1:8080"\n[matcher]\nhttp_address = "0"\n';
    expect(after(`${text}[settlement]\nhttp_address = "0"\n`)).toEqual([]);
  });
});

test("everything wrong is told at once, in the order of the file", () => {
  const wrong = SMALL.replace("id = 2", "id = 1");
  const text = `x = 1\n${wrong}[log]\nknid = 1\nreplicas = 99\n[nonsense]\n`;
  const lines = errorsOf(text, { env: { CLOB_LOG: "redis" }, flags: { nope: "" } });
  expect(lines.map((line) => line.split(":").slice(0, 2).join(":"))).toEqual([
    "config.toml:1",
    "config.toml:7",
    `config.toml:${NEXT + 2}`,
    `config.toml:${NEXT + 3}`,
    `config.toml:${NEXT + 4}`,
    "flag --nope: unknown flag; allowed",
    "env CLOB_LOG: log.kind",
  ]);
});
