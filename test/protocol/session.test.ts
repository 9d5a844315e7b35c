/**
 * Session messages and reports: their codecs write and read what the message table says.
 */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import * as names from "../../src/protocol/code-names.ts";
import * as codes from "../../src/protocol/codes.ts";
import type { Message } from "../../src/protocol/message-form.ts";
import { messageNamed } from "../../src/protocol/message-table.ts";
import { encodeCarry } from "../../src/protocol/commands.ts";
import { carryOf, outboxDestination, outboxNumber } from "../../src/protocol/outbox.ts";
import * as reports from "../../src/protocol/report.ts";
import { marketStateName, reportKindName, reportToJson } from "../../src/protocol/report-json.ts";
import * as session from "../../src/protocol/session.ts";
import { decodeByTable, encodeByTable, fieldNamed, type Values } from "./table-codec.ts";

const HELLO = messageNamed("hello");
const REFUSED = messageNamed("refused");
const RESUME = messageNamed("resume");
const DONE = messageNamed("done");
const REPORT = messageNamed("report");
const KEY_REPORT = messageNamed("key_report");

/** Values of any fields; numbers stay below 2^53, as everything that is counted does. */
function anyValues(message: Message, random: Prng): Values {
  const values: Record<string, bigint | string> = {};
  for (const { name, type, size, at, says } of message.fields) {
    if (type === "zero") continue;
    if (type === "bytes") values[name] = random.bytes(size).toHex();
    else if (at === 0 || name === "version") values[name] = BigInt(Number.parseInt(says, 10));
    else values[name] = BigInt(`0x${random.bytes(Math.min(size, 6)).toHex()}`);
  }
  return values;
}

const number = (values: Values, name: string): number => Number(values[name]);
const hex = (values: Values, name: string): Uint8Array => Uint8Array.fromHex(String(values[name]));

function refusedOf(values: Values): session.Refused {
  const { code, account, key, nonce } = numbers(values, ["code", "account", "key", "nonce"]);
  return { code: code!, account: account!, key: key!, nonce: nonce!, tag: hex(values, "tag") };
}

function numbers(values: Values, fields: readonly string[]): Record<string, number> {
  return Object.fromEntries(fields.map((name) => [name, number(values, name)]));
}

describe("a session message is written and read as the table says", () => {
  const random = new Prng(1);

  test("hello", () => {
    for (let i = 0; i < 100; i++) {
      const values = anyValues(HELLO, random);
      const hello: session.Hello = {
        shard: number(values, "shard"),
        rulesVersion: number(values, "rules_version"),
        directoryOrigin: number(values, "directory_origin"),
        venue: hex(values, "venue"),
        challenge: hex(values, "challenge"),
      };
      const bytes = session.encodeHello(hello);
      expect(bytes).toEqual(encodeByTable(HELLO, values));
      expect(session.decodeHello(bytes)).toEqual(hello);
    }
  });

  test("refused", () => {
    for (let i = 0; i < 100; i++) {
      const values = anyValues(REFUSED, random);
      const bytes = session.encodeRefused(refusedOf(values));
      expect(bytes).toEqual(encodeByTable(REFUSED, values));
      expect(session.decodeRefused(bytes)).toEqual(refusedOf(values));
    }
  });

  test("resume", () => {
    for (let i = 0; i < 100; i++) {
      const values = anyValues(RESUME, random);
      const resume: session.Resume = {
        code: number(values, "code"),
        account: number(values, "account"),
        first: number(values, "first"),
        last: number(values, "last"),
      };
      const bytes = session.encodeResume(resume);
      expect(bytes).toEqual(encodeByTable(RESUME, values));
      expect(session.decodeResume(bytes)).toEqual(resume);
    }
  });

  test("done", () => {
    for (let i = 0; i < 100; i++) {
      const values = anyValues(DONE, random);
      const done: session.Done = {
        account: number(values, "account"),
        position: number(values, "position"),
        tag: hex(values, "tag"),
        reports: number(values, "reports"),
      };
      const bytes = session.encodeDone(done);
      expect(bytes).toEqual(encodeByTable(DONE, values));
      expect(session.decodeDone(bytes)).toEqual(done);
    }
  });
});

describe("a session message is null", () => {
  const decoders = [
    ["hello", { message: HELLO, decode: session.decodeHello }],
    ["refused", { message: REFUSED, decode: session.decodeRefused }],
    ["resume", { message: RESUME, decode: session.decodeResume }],
    ["done", { message: DONE, decode: session.decodeDone }],
  ] as const;

  test.each(decoders)(
    "%s of another length, kind, or with a byte that must be zero",
    (_name, row) => {
      const { message, decode } = row;
      const legal = encodeByTable(message, anyValues(message, new Prng(2)));
      expect(decode(legal)).not.toBeNull();
      for (let size = 0; size < legal.length; size++) {
        expect(decode(legal.subarray(0, size))).toBeNull();
      }
      expect(decode(Uint8Array.of(...legal, 0))).toBeNull();
      for (let kind = 0; kind < 256; kind++) {
        if (kind !== legal[0]) expect(decode(Uint8Array.of(kind, ...legal.subarray(1)))).toBeNull();
      }
      for (const { at, size } of message.fields.filter(({ type }) => type === "zero")) {
        for (let i = at; i < at + size; i++) {
          const bytes = legal.slice();
          bytes[i] = 1;
          expect(decode(bytes)).toBeNull();
        }
      }
    },
  );

  test("a hello of another version", () => {
    const bytes = encodeByTable(HELLO, { ...anyValues(HELLO, new Prng(3)), version: 2n });
    expect(session.decodeHello(bytes)).toBeNull();
  });
});

/** The members of a Report that go by another name than the table's field. */
const FIELD_OF: Partial<Record<keyof reports.Report, string>> = {
  logTime: "log_time_us",
  orderNonce: "order_nonce",
  orderKey: "order_key",
  orderIndex: "order_index",
  clientOrderId: "client_order_id",
};

describe("a report", () => {
  test("is written and read as the table says", () => {
    const random = new Prng(4);
    for (let i = 0; i < 200; i++) {
      const bytes = encodeByTable(REPORT, anyValues(REPORT, random));
      const report = reports.readReport(new DataView(bytes.buffer), 0);
      const told = Object.entries(report).map(([name, value]) => {
        const field = Object.entries(FIELD_OF).find(([member]) => member === name)?.[1] ?? name;
        return [field, typeof value === "number" ? BigInt(value) : value] as const;
      });
      expect(Object.fromEntries(told)).toEqual(decodeByTable(REPORT, bytes));
      const again = new Uint8Array(reports.REPORT_SIZE + 3).fill(0xff);
      reports.writeReport(new DataView(again.buffer), 3, report);
      expect(again.subarray(3)).toEqual(bytes);
    }
  });

  test("has its offsets where the table has them", () => {
    const at = (message: Message, name: string): number => fieldNamed(message, name).at;
    const told = {
      SIDE: at(REPORT, "side"),
      LIQUIDITY: at(REPORT, "liquidity"),
      REASON: at(REPORT, "reason"),
      ACCOUNT: at(REPORT, "account"),
      NUMBER: at(REPORT, "number"),
      POSITION: at(REPORT, "position"),
      LOG_TIME: at(REPORT, "log_time_us"),
      TAG: at(REPORT, "tag"),
      INDEX: at(REPORT, "index"),
      CODE: at(REPORT, "code"),
      SUBJECT: at(REPORT, "subject"),
      ORDER_NONCE: at(REPORT, "order_nonce"),
      ORDER_KEY: at(REPORT, "order_key"),
      ORDER_INDEX: at(REPORT, "order_index"),
      CLIENT_ID: at(REPORT, "client_order_id"),
      PRICE: at(REPORT, "price"),
      LAST: at(REPORT, "last"),
      CUMULATIVE: at(REPORT, "cumulative"),
      LEAVES: at(REPORT, "leaves"),
      FIRST: at(REPORT, "first"),
      SECOND: at(REPORT, "second"),
      PUBLIC_KEY: at(KEY_REPORT, "public_key"),
      KEY_ID: at(KEY_REPORT, "key"),
      SCOPES: at(KEY_REPORT, "scopes"),
      EXPIRY: at(KEY_REPORT, "expiry_us"),
    };
    const found = Object.entries<unknown>(reports).filter(([name]) => name.endsWith("_AT"));
    const short = found.map(([name, value]) => [name.slice("REPORT_".length, -3), value] as const);
    expect(Object.fromEntries(short)).toEqual(told);
    expect([REPORT.size, KEY_REPORT.size]).toEqual([reports.REPORT_SIZE, reports.REPORT_SIZE]);
  });

  test("and its other layout share what says where it comes from", () => {
    const shared = [
      "kind",
      "account",
      "number",
      "position",
      "log_time_us",
      "tag",
      "index",
      "subject",
    ];
    for (const name of shared) {
      expect([name, fieldNamed(KEY_REPORT, name).at]).toEqual([name, fieldNamed(REPORT, name).at]);
    }
  });

  test("that is an outbox lies as the table says, and is carried field by field", () => {
    const OUTBOX = messageNamed("outbox");
    const CARRY = messageNamed("carry");
    const random = new Prng(5);
    for (let i = 0; i < 200; i++) {
      const values = anyValues(OUTBOX, random);
      const bytes = encodeByTable(OUTBOX, { ...values, kind: 36n });
      expect(bytes.length).toBe(reports.REPORT_SIZE);
      const view = new DataView(bytes.buffer);
      expect(BigInt(outboxDestination(view, 0))).toEqual(BigInt(values["destination"]!));
      expect(BigInt(outboxNumber(view, 0))).toEqual(BigInt(values["number"]!));
      const carried = { ...values, type: 71n, source: 9n };
      expect(encodeCarry(carryOf(view, 0, 9))).toEqual(encodeByTable(CARRY, carried));
    }
  });

  test("batch grows, keeps what is in it, and gives zeroed room", () => {
    const batch = new reports.ReportBatch(2);
    for (let i = 1; i <= 9; i++) {
      const at = batch.add();
      batch.view.setUint8(at, i);
    }
    expect(batch.slice(0).length).toBe(9 * reports.REPORT_SIZE);
    const kinds = Array.from({ length: 9 }, (_, i) => batch.view.getUint8(i * reports.REPORT_SIZE));
    expect(kinds).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    batch.bytes.fill(0xff);
    batch.clear();
    batch.add();
    expect(batch.slice(0)).toEqual(new Uint8Array(reports.REPORT_SIZE));
  });
});

describe("names", () => {
  test("of report kinds and states are those of the JSON", () => {
    const kinds = names.REPORT_KINDS.map(([value]) => [value, reportKindName(value)] as const);
    expect(kinds).toEqual([...names.REPORT_KINDS]);
    const states = names.MARKET_STATES.map(([value]) => [value, marketStateName(value)] as const);
    expect(states).toEqual([...names.MARKET_STATES]);
  });

  test("of reasons and liquidity are those of the JSON", () => {
    const report = reports.readReport(new DataView(new ArrayBuffer(reports.REPORT_SIZE)), 0);
    const reasons = names.CANCEL_REASONS.map(([reason]) => {
      const json = reportToJson({ ...report, kind: codes.REPORT_CANCELED, reason });
      return [reason, json["reason"]] as const;
    });
    expect(reasons).toEqual([...names.CANCEL_REASONS]);
    const sides = names.LIQUIDITIES.map(([liquidity]) => {
      const json = reportToJson({ ...report, kind: codes.REPORT_FILL, liquidity });
      return [liquidity, json["liquidity"]] as const;
    });
    expect(sides).toEqual([...names.LIQUIDITIES]);
  });

  test("every number of a group in codes.ts has one", () => {
    const groups: readonly (readonly [prefix: string, names: (typeof names)["SIDES"]])[] = [
      ["FRAME_", names.FRAME_KINDS],
      ["SIDE_", names.SIDES],
      ["TYPE_", names.ORDER_TYPES],
      ["TIF_", names.TIMES_IN_FORCE],
      ["STP_", names.SELF_TRADE_PREVENTIONS],
      ["POST_ONLY_", names.POST_ONLY_MODES],
      ["STATE_", names.MARKET_STATES],
      ["SCOPE_", [...names.TRADER_SCOPES, ...names.OPERATOR_SCOPES]],
      ["REPORT_", names.REPORT_KINDS],
      ["LIQUIDITY_", names.LIQUIDITIES],
    ];
    for (const [prefix, named] of groups) {
      const known = Object.entries<unknown>(codes).filter(([name]) => name.startsWith(prefix));
      const told = known.map(([name, value]) => `${Number(value)} ${name.slice(prefix.length)}`);
      const wanted = named.map(([value, name]) => `${value} ${name.toUpperCase()}`);
      expect(told.toSorted()).toEqual(wanted.toSorted());
    }
  });
});
