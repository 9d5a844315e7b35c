/**
 * What checkFrame says of every single fault, of every two faults at once, and of any bytes at all.
 */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { checkFrame } from "../../src/protocol/check-frame.ts";
import * as codes from "../../src/protocol/codes.ts";
import { COMMANDS } from "../../src/protocol/command-messages.ts";
import { BATCH_COUNT_MAX, REJECT_CODES, rejectCode } from "../../src/protocol/codes.ts";
import { messageNamed } from "../../src/protocol/message-table.ts";
import { allFaultyFrames, commandFaults, headerFaults } from "./faults.ts";
import { commandOf, disconnectFrame, frameOf, legalFrames, legalValues, SCOPE } from "./samples.ts";
import { decodeByTable, encodeByTable } from "./table-codec.ts";

/** The name of what checkFrame answers: a test that fails then says something. */
function answer(frame: Uint8Array): string {
  const code = checkFrame(frame, SCOPE);
  return code === codes.ACCEPTED ? "accepted" : rejectCode(code).name;
}

describe("a frame that is right is accepted", () => {
  test.each(COMMANDS.map((message) => [message.name, message] as const))("%s", (_name, message) => {
    const random = new Prng(1);
    for (let i = 0; i < 200; i++) {
      const values = legalValues(message, random);
      expect([answer(frameOf(message, [commandOf(message, values)])), values]).toEqual([
        "accepted",
        values,
      ]);
    }
  });

  test("one mass cancel that is kept for a disconnect, whatever it takes", () => {
    const message = messageNamed("mass_cancel");
    for (const side of [0n, 1n, 2n]) {
      const command = commandOf(message, { type: 20n, side, market: 7n });
      expect(answer(disconnectFrame([command]))).toBe("accepted");
    }
  });

  test("256 commands of different lengths", () => {
    const random = new Prng(2);
    const traders = COMMANDS.filter(({ group }) => group === "trader");
    const commands = Array.from({ length: BATCH_COUNT_MAX }, () => {
      const message = random.pick(traders);
      return commandOf(message, legalValues(message, random));
    });
    expect(answer(frameOf(messageNamed("cancel"), commands))).toBe("accepted");
  });
});

describe("one fault gives its code", () => {
  test.each(allFaultyFrames().map(({ name, code, frame }) => [name, code, frame] as const))(
    "%s",
    (_name, code, frame) => {
      expect(answer(frame)).toBe(rejectCode(code).name);
    },
  );

  test("every code of the bytes has a fault", () => {
    const given = new Set(allFaultyFrames().map(({ code }) => code));
    const known = REJECT_CODES.filter(({ code }) => code < 200);
    expect(known.filter(({ code }) => !given.has(code))).toEqual([]);
    expect(known.length).toBe(33);
  });
});

describe("of two faults the earlier field's is the answer", () => {
  test.each(COMMANDS.map((message) => [message.name, message] as const))("%s", (_name, message) => {
    const legal = frameOf(message, [commandOf(message, legalValues(message, new Prng(5)))]);
    const faults = [...headerFaults(message), ...commandFaults(message)];
    for (const [i, first] of faults.entries()) {
      for (const second of faults.slice(i + 1)) {
        const frame = legal.slice();
        second.apply(frame);
        first.apply(frame);
        const pair = `${first.name}, ${second.name}`;
        expect([pair, answer(frame)]).toEqual([pair, rejectCode(first.code).name]);
      }
    }
  });

  test("a fault of an earlier command, of a later one, of the company", () => {
    const message = messageNamed("replace");
    const random = new Prng(6);
    const one = (): Uint8Array<ArrayBuffer> => commandOf(message, legalValues(message, random));
    const frame = frameOf(message, [one(), one(), one()]);
    frame.fill(0, 72 + 24 * 2 + 16, 72 + 24 * 2 + 20);
    expect(answer(frame)).toBe("price");
    frame.fill(0, 72 + 24 + 20, 72 + 24 + 24);
    expect(answer(frame)).toBe("quantity");
    frame[72] = 32;
    expect(answer(frame)).toBe("command_type");
  });
});

test("a directory frame is right only on the shard that leads the directory", () => {
  const elsewhere = { ...SCOPE, directoryOrigin: SCOPE.shard + 1 };
  for (const frame of legalFrames(new Prng(14))) {
    const isDirectory = frame[5] === codes.FRAME_DIRECTORY;
    const expected = isDirectory ? codes.REJECT_SHARD : codes.ACCEPTED;
    expect([frame[72], checkFrame(frame, elsewhere)]).toEqual([frame[72], expected]);
    expect(checkFrame(frame, SCOPE)).toBe(codes.ACCEPTED);
  }
});

test("every byte of the protocol's name, the shard and the venue counts", () => {
  const legal = legalFrames(new Prng(13))[0]!;
  const answers: (readonly [first: number, last: number, name: string])[] = [
    [0, 3, "protocol"],
    [4, 4, "version"],
    [6, 7, "shard"],
    [8, 39, "venue"],
  ];
  for (const [first, last, name] of answers) {
    for (let bit = first * 8; bit < (last + 1) * 8; bit++) {
      const frame = legal.slice();
      frame[bit >> 3]! ^= 1 << (bit & 7);
      expect([bit, answer(frame)]).toEqual([bit, name]);
    }
  }
});

test("every reserved byte must be zero", () => {
  for (const message of COMMANDS) {
    const legal = frameOf(message, [commandOf(message, legalValues(message, new Prng(7)))]);
    const reserved = message.fields.filter(({ type }) => type === "zero");
    const offsets = reserved.flatMap(({ at, size }) =>
      Array.from({ length: size }, (_, i) => at + i),
    );
    for (const at of [...offsets.map((offset) => 72 + offset), 68, 69, 70, 71]) {
      for (const value of [1, 0x80, 0xff]) {
        const frame = legal.slice();
        frame[at] = value;
        expect([message.name, at, answer(frame)]).toEqual([message.name, at, "reserved"]);
      }
    }
  }
});

test("a symbol is 1 to 16 of A-Z 0-9 - # and then zeros", () => {
  const message = messageNamed("asset_open");
  const values = legalValues(message, new Prng(8));
  const answerTo = (symbol: Uint8Array): string => {
    const command = commandOf(message, values);
    command.fill(0, 8, 24).set(symbol, 8);
    return answer(frameOf(message, [command]));
  };
  const legal = new Set(Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-#"));
  for (let byte = 1; byte < 256; byte++) {
    expect([byte, answerTo(Uint8Array.of(65, byte))]).toEqual([
      byte,
      legal.has(byte) ? "accepted" : "symbol",
    ]);
  }
  expect(answerTo(new Uint8Array(16).fill(65))).toBe("accepted");
  expect(answerTo(Uint8Array.of())).toBe("symbol");
  expect(answerTo(Uint8Array.of(0, 65))).toBe("symbol");
  expect(answerTo(Uint8Array.of(65, 0, 65))).toBe("symbol");
  expect(answerTo(Uint8Array.of(...new Uint8Array(14).fill(65), 0, 65))).toBe("symbol");
});

describe("a message has one encoding", () => {
  test.each(COMMANDS.map((message) => [message.name, message] as const))(
    "any flipped bit of %s is refused or says something else",
    (_name, message) => {
      const legal = commandOf(message, legalValues(message, new Prng(9)));
      const said = decodeByTable(message, legal);
      for (let bit = 8; bit < legal.length * 8; bit++) {
        const command = legal.slice();
        command[bit >> 3]! ^= 1 << (bit & 7);
        if (answer(frameOf(message, [command])) !== "accepted") continue;
        const says = decodeByTable(message, command);
        expect(says).not.toEqual(said);
        expect(encodeByTable(message, says)).toEqual(command);
      }
    },
  );
});

describe("checkFrame has an answer for everything", () => {
  test("for random bytes of any length", () => {
    const random = new Prng(10);
    for (let i = 0; i < 20_000; i++) {
      const code = checkFrame(random.bytes(random.below(400)), SCOPE);
      expect(REJECT_CODES.some((known) => known.code === code)).toBe(true);
    }
  });

  test("for right frames with bytes changed, cut off and put in", () => {
    const random = new Prng(11);
    const counts = new Map<string, number>();
    for (let round = 0; round < 2000; round++) {
      for (const legal of legalFrames(random)) {
        const said = answer(mutated(legal, random));
        counts.set(said, (counts.get(said) ?? 0) + 1);
      }
    }
    const known = new Set(["accepted", ...REJECT_CODES.map(({ name }) => name)]);
    expect([...counts.keys()].filter((name) => !known.has(name))).toEqual([]);
    expect(counts.size).toBeGreaterThan(20);
  });

  test("for every length of every frame", () => {
    for (const legal of legalFrames(new Prng(12))) {
      for (let size = 0; size < legal.length; size++) {
        const said = answer(legal.subarray(0, size));
        expect(said).toBe(size < 144 ? "frame_size" : "batch_size");
      }
    }
  });

  test("for frames at and over the size of a record", () => {
    const legal = frameOf(messageNamed("cancel"), [new Uint8Array(65_504 - 136)]);
    expect([legal.length, answer(legal)]).toEqual([65_504, "command_type"]);
    expect(answer(Uint8Array.of(...legal, 0))).toBe("frame_size");
  });
});

function mutated(frame: Uint8Array, random: Prng): Uint8Array {
  const bytes = frame.slice();
  for (let i = random.between(1, 3); i > 0; i--) {
    const at = random.chance(50) ? random.below(80) : random.below(bytes.length);
    bytes[at] = random.pick([0, 1, 255, random.below(256), bytes[at]! ^ (1 << random.below(8))]);
  }
  if (random.chance(10)) return bytes.subarray(0, random.below(bytes.length));
  return random.chance(10) ? Uint8Array.of(...bytes, ...random.bytes(8)) : bytes;
}
