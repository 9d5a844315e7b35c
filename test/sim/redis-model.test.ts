/**
 * The simulated Redis against a real one: the same random calls get the same replies, leave the
 * same data and the same bytes in the append-only file; and that file, cut at any byte, loads as
 * the same data.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { RedisConnection, RedisRefusal } from "../../src/edges/redis-connection.ts";
import { CONSUME, RESTORE } from "../../src/edges/redis-retention-scripts.ts";
import { HOLD_SLOT, TAKE_SLOT } from "../../src/edges/redis-scripts.ts";
import { HOLD_TURN, TAKE_TURN } from "../../src/edges/redis-turn-scripts.ts";
import { accessTo, hostOf } from "../log/redis-stand.ts";
import { redisAvailable, RedisServer } from "../support/redis-server.ts";
import { Keyspace, Refusal } from "./keyspace.ts";
import { type Draw, drawCall, KEYS, type Known } from "./redis-draws.ts";
import { RedisCommands } from "./redis-commands.ts";
import { RedisFile, replay } from "./redis-file.ts";
import { encodeEffects, readCommand, readTransactions, sizeOfEffects, textOf } from "./resp.ts";
import { toArgs } from "./script-models.ts";

const CALLS = 1_500;
const CUTS = 12;
const SEED = 2;
const OPTIONS = { appendonly: "yes", appendfsync: "no" };
/** Owners, and times, as a slot holds them. */
const LIVE = /^(\d+) /;
/** A consumer: position, time, silence allowed. */
const USE = /^\d+ (\d+) /;

class Model {
  readonly file: Buffer[] = [];
  micros = 0;
  readonly commands = new RedisCommands({
    isReplica: false,
    memory: 0,
    isMisconfigured: false,
    micros: () => this.micros,
    info: () => "",
    config: () => [],
  });

  call({ script, args }: Draw): unknown {
    const list = toArgs(...args);
    const head = script === null ? [] : toArgs("EVAL", script.text, `${KEYS.length}`, ...KEYS);
    const reply = said(() => this.commands.run([...head, ...list]));
    this.file.push(encodeEffects(this.commands.effects.splice(0)));
    return reply;
  }
}

function said(run: () => unknown): unknown {
  try {
    return shown(run());
  } catch (error) {
    if (error instanceof Refusal) return `refused: ${error.message}`;
    throw error;
  }
}

/** Nested arrays of text, so that replies compare and read well. */
function shown(reply: unknown): unknown {
  if (reply instanceof Uint8Array) return textOf(reply);
  return Array.isArray(reply) ? reply.map(shown) : reply;
}

async function askReal(connection: RedisConnection, { script, args }: Draw): Promise<unknown> {
  try {
    if (script === null) return shown(await connection.command(args));
    return shown(await connection.script(script, KEYS, args));
  } catch (error) {
    if (error instanceof RedisRefusal) return `refused: ${plainly(error.message)}`;
    throw error;
  }
}

/** Redis tells of a failing call where in the script it was. */
function plainly(message: string): string {
  return message.replace(/ script: [0-9a-f]{40}, on @user_script:\d+\.$/, "");
}

/** The time that the real server's script saw, as far as it shows. */
async function timeOf(
  connection: RedisConnection,
  { script }: Draw,
  reply: unknown,
): Promise<number> {
  if (Array.isArray(reply) && reply.length === 3 && Number(reply[2]) > 1e15) {
    return Number(reply[2]);
  }
  const holds = [TAKE_SLOT, HOLD_SLOT, TAKE_TURN, HOLD_TURN, CONSUME];
  if (!holds.some((one) => one === script)) return Date.now() * 1000;
  const leases = ["live:1", "live:2", "lead:epoch", "lead:term"];
  const fields = script === CONSUME ? ["use:matcher", "use:ingress-1"] : leases;
  const held = shown(await connection.command(["HMGET", KEYS[2], ...fields]));
  const shape = script === CONSUME ? USE : LIVE;
  const times = (held as (string | null)[]).map((text) => Number(shape.exec(text ?? "")?.[1] ?? 0));
  return Math.max(...times);
}

async function knownOf(connection: RedisConnection): Promise<Known> {
  const names = ["generation", "in_tip", "ex_tip", "epoch", "halted", "slot:1", "slot:2"];
  const reply = await connection.command(["HMGET", KEYS[2], ...names]);
  const [generation, tip, executed, epoch, halted, ...slots] = shown(reply) as (string | null)[];
  const terms = slots.map((slot, i) => {
    const [term = 0, pack = 0] = (slot ?? "").split(":").map(Number);
    return [String(i + 1), { term, pack }] as const;
  });
  return {
    generation: generation ?? "1",
    tip: Number(tip ?? 0),
    executed: Number(executed ?? 0),
    epoch: Number(epoch ?? 0),
    halted: halted ?? "",
    terms: new Map(terms),
  };
}

/** All that the real server holds, as Keyspace.dump says it. */
async function dumpOf(connection: RedisConnection): Promise<string> {
  const keyspace = new Keyspace();
  const keys = shown(await connection.command(["KEYS", "*"])) as string[];
  for (const key of keys) {
    if (shown(await connection.command(["TYPE", key])) === "hash") {
      const pairs = (await connection.command(["HGETALL", key])) as Uint8Array[];
      keyspace.call([...toArgs("HSET", key), ...pairs], []);
      continue;
    }
    const range = await connection.command(["XRANGE", key, "-", "+"]);
    const rows = range as [Uint8Array, Uint8Array[]][];
    const facts = shown(await connection.command(["XINFO", "STREAM", key])) as unknown[];
    keyspace.call(toArgs("XGROUP", "CREATE", key, "none", "0", "MKSTREAM"), []);
    for (const [id, fields] of rows) {
      keyspace.call([...toArgs("XADD", key), id, ...fields], []);
    }
    const last = String(facts[facts.indexOf("last-generated-id") + 1]);
    keyspace.stream(key)!.last = Number(last.split("-")[1]);
  }
  return keyspace.dump();
}

function fileOf(server: RedisServer): string {
  return join(server.dir, "appendonlydir", "appendonly.aof.1.incr.aof");
}

describe.skipIf(!redisAvailable())("the simulated Redis", () => {
  test("answers, stores and writes what a real one does, and loads cut files alike", async () => {
    await using server = await RedisServer.start(OPTIONS);
    const prng = new Prng(SEED);
    const model = new Model();
    const open = (): Promise<RedisConnection> =>
      RedisConnection.open(accessTo(server.port), hostOf(server.port), "model");
    let connection = await open();
    const outcomes = new Set<string>();
    let wasHalted = false;
    let lifted = 0;
    for (let i = 0; i < CALLS; i++) {
      const known = await knownOf(connection);
      if (wasHalted && known.halted === "") lifted++;
      wasHalted = known.halted !== "";
      const draw = drawCall(prng, known);
      const theirs = await askReal(connection, draw);
      model.micros = await timeOf(connection, draw, theirs);
      const ours = model.call(draw);
      expect({ i, draw: shown(draw.args), reply: ours }).toEqual({
        i,
        draw: shown(draw.args),
        reply: theirs,
      });
      outcomes.add(typeof theirs === "string" ? theirs.split(" ", 3).join(" ") : typeof theirs);
    }
    expect(lifted).toBeGreaterThan(0);
    expect(outcomes.size).toBeGreaterThan(12);
    expect(model.commands.keyspace.dump()).toBe(await dumpOf(connection));
    const written = readFileSync(fileOf(server));
    const select = readCommand(written, 0)!.end;
    expect(written.subarray(select).equals(Buffer.concat(model.file))).toBe(true);
    for (let i = 0; i < CUTS; i++) {
      connection.close();
      await server.kill();
      const cut = prng.between(written.length >> 1, written.length);
      writeFileSync(fileOf(server), written.subarray(0, cut));
      await server.restart();
      connection = await open();
      const loaded = new Keyspace();
      replay(loaded, readTransactions(Buffer.from(written.subarray(0, cut))).effects);
      expect(loaded.dump()).toBe(await dumpOf(connection));
    }
    connection.close();
  });

  test("makes a lost log anew as a real one does, once", async () => {
    await using server = await RedisServer.start(OPTIONS);
    const connection = await RedisConnection.open(
      accessTo(server.port),
      hostOf(server.port),
      "model",
    );
    const model = new Model();
    const head = ["aa".repeat(32), "genesis", "1:1", "1900000000", "9", "8000000", "7000000"];
    const rules = ["2@5,3@20", "20 3:1", "4 7,9 1900000000"];
    const draw = {
      script: RESTORE,
      args: [...head, new Uint8Array(30), new Uint8Array(40), ...rules],
    };
    const others = { script: RESTORE, args: ["bb".repeat(32), ...draw.args.slice(1)] };
    for (const one of [draw, draw, others]) {
      expect(model.call(one)).toEqual(await askReal(connection, one));
    }
    expect(model.commands.keyspace.dump()).toBe(await dumpOf(connection));
    connection.close();
  });

  test("a transaction without its end, or half a command, is as if never written", () => {
    const file = encodeEffects([toArgs("HSET", "a", "f", "1"), toArgs("HDEL", "a", "g")]);
    const whole = readTransactions(file);
    expect(whole.effects).toHaveLength(2);
    for (let cut = 0; cut < file.length; cut++) {
      expect(readTransactions(file.subarray(0, cut))).toEqual({ effects: [], end: 0 });
    }
  });

  test("the file of the simulation loses what its bytes would lose", () => {
    const prng = new Prng(SEED);
    for (let round = 0; round < 200; round++) {
      const file = new RedisFile();
      const parts: Buffer[] = [];
      for (let i = prng.between(1, 5); i > 0; i--) {
        const effects = Array.from({ length: prng.between(1, 3) }, (_, n) =>
          toArgs("HSET", `key${n}`, "f", prng.bytes(prng.between(0, 120))),
        );
        parts.push(encodeEffects(effects));
        expect(sizeOfEffects(effects)).toBe(parts.at(-1)!.length);
        file.append({ effects, size: sizeOfEffects(effects) });
      }
      const bytes = Buffer.concat(parts);
      file.write();
      const lost = file.loseCache(prng);
      const left = new Keyspace();
      replay(left, readTransactions(bytes.subarray(0, bytes.length - lost)).effects);
      expect(file.load().dump()).toBe(left.dump());
    }
  });
});
