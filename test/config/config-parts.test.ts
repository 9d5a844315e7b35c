/** The small parts of reading a configuration: lines, ranges, scales, suggestions. */
import { describe, expect, test } from "bun:test";
import { scanKeyLines } from "../../src/edges/config-lines.ts";
import { formatRanges, parseRanges } from "../../src/edges/config-ranges.ts";
import { deriveScale } from "../../src/edges/config-scale.ts";
import { didYouMean, editCount } from "../../src/edges/config-suggest.ts";

test("the line of each key is found", () => {
  const text = `stray = 1
log.kind = "auto"
# [no] header
[ "venue" ] # comment
name = "a"
  'keys_dir'="b"
text = """
name = "not a key"
[not_a_header]
"""
[[market]]\r
id = 1\r
[[market]]
id = 2
[a.b]
id = 3
[[ shard ]]
id=4`;
  expect([...scanKeyLines(text)]).toEqual([
    ["stray", 1],
    ["log[1].kind", 2],
    ["venue[1]", 4],
    ["venue[1].name", 5],
    ["venue[1].keys_dir", 6],
    ["venue[1].text", 7],
    ["market[1]", 11],
    ["market[1].id", 12],
    ["market[2]", 13],
    ["market[2].id", 14],
    ["?.id", 16],
    ["shard[1]", 17],
    ["shard[1].id", 18],
  ]);
});

describe("ranges", () => {
  test.each([
    ["", []],
    ["5", [{ first: 5, last: 5 }]],
    [
      "1-4, 9",
      [
        { first: 1, last: 4 },
        { first: 9, last: 9 },
      ],
    ],
    ["1-100", [{ first: 1, last: 100 }]],
    ["0-3", '"0-3" is not within 1 to 100'],
    ["1-101", '"1-101" is not within 1 to 100'],
    ["4-1", '"4-1" runs backwards'],
    ["1-4,4-5", '"4-5" does not lie above what stands before it'],
    ["9,1", '"1" does not lie above what stands before it'],
    ["a", '"a" is not a number or a range'],
    ["1,", '"" is not a number or a range'],
    ["1-", '"1-" is not a number or a range'],
    ["-1", '"-1" is not a number or a range'],
    ["1.5", '"1.5" is not a number or a range'],
  ])("%j", (text, expected) => {
    expect(parseRanges(text, 100)).toEqual(expected);
  });

  test("are written as short as can be", () => {
    expect(formatRanges([1, 2, 3, 4, 9, 11, 12])).toBe("1-4,9,11-12");
    expect(formatRanges([])).toBe("");
  });
});

describe("the integers of a market", () => {
  const USD = { symbol: "USD", decimals: 6 };
  const BTC = { symbol: "BTC", decimals: 8 };
  test.each([
    ["0.01", "0.0001", 10_000, 1],
    ["0.25", "0.04", 4_000_000, 10_000],
    ["0.000001", "1", 100_000_000, 1],
    ["4294.967295", "1", 100_000_000, 4_294_967_295],
  ])("tick %s, lot %s", (tick, lot, lotUnits, tickValue) => {
    const scale = deriveScale({ tick, lot, base: BTC, quote: USD });
    expect("problem" in scale ? scale : [scale.lotUnits, scale.tickValue]).toEqual([
      lotUnits,
      tickValue,
    ]);
  });

  test("one more than a u32 is refused", () => {
    const scale = deriveScale({ tick: "4294.967296", lot: "1", base: BTC, quote: USD });
    expect("problem" in scale ? scale.problem : scale).toBe(
      "1 tick x 1 lot is 4294967296 units of USD, more than 4294967295",
    );
  });

  test("where more decimals cannot help, they are not advised", () => {
    const fine = { tick: "0.0000000001", lot: "0.00000001", base: BTC, quote: USD };
    const scale = deriveScale(fine);
    expect("problem" in scale ? scale.allowed : scale).toBe("a larger tick or lot");
  });
});

describe("did you mean", () => {
  test.each([
    ["kind", "kind", 0],
    ["knid", "kind", 1],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
  ])("%s and %s are %d edits apart", (a, b, edits) => {
    expect([editCount(a, b), editCount(b, a)]).toEqual([edits, edits]);
  });

  test("suggests the nearest, and nothing where all are far", () => {
    const known = ["kind", "data_dir", "replicas"];
    expect(didYouMean("datadir", known)).toBe(' (did you mean "data_dir"?)');
    expect(didYouMean("KIND", known)).toBe(' (did you mean "kind"?)');
    expect(didYouMean("zebra", known)).toBe("");
    expect(didYouMean("x", [])).toBe("");
  });
});
