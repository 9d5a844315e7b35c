/** Each mistake about assets, markets and shards has its sentence. */
import { expect, test } from "bun:test";
import { errorsOf, SMALL } from "./config-text.ts";

/** Lines of SMALL; what is appended stands on the next. */
const NEXT = SMALL.split("\n").length;

/** SMALL with this put behind it. */
function after(text: string): string[] {
  return errorsOf(`${SMALL}${text}`);
}

/** SMALL with one line changed. */
function changed(from: string, to: string): string[] {
  if (!SMALL.includes(from)) throw new Error(`no ${from} in the text`);
  return errorsOf(SMALL.replace(from, to));
}

test.each([
  ["id = 2", "id = 1", ":6: asset[2].id: 1 is already the id of another asset", "an unused id"],
  ['base = "BTC"', 'base = "USD"', ':13: market[1].quote: "USD" is also the base', "another asset"],
  [
    'base = "BTC"',
    'base = "BTX"',
    ':12: market[1].base: there is no asset "BTX" (did you mean "BTC"?)',
    "USD, BTC",
  ],
  [
    'tick = "0.01"',
    "tick = 0.01",
    ":14: market[1].tick: 0.01 is a number with a point",
    'a decimal in quotes, such as "0.01"',
  ],
  [
    'tick = "0.01"',
    'tick = "1e-2"',
    ':14: market[1].tick: "1e-2" is not a decimal',
    'a decimal in quotes, such as "0.01"',
  ],
  ['tick = "0.01"', 'tick = "0"', ':14: market[1].tick: "0" is no step', "a decimal above zero"],
  [
    'tick = "0.01"',
    'tick = "0.001"',
    ":14: market[1].tick: 1 tick x 1 lot is not a whole number of units of USD " +
      "(USD has 6 decimals)",
    "a larger tick or lot, or USD with 7 decimals",
  ],
  [
    'tick = "0.01"',
    'tick = "1000000000"',
    ":14: market[1].tick: 1 tick x 1 lot is 100000000000 units of USD, more than 4294967295",
    "a smaller tick or lot, or fewer decimals of USD than 6",
  ],
  [
    'lot = "0.0001"',
    'lot = "0.000000001"',
    ':15: market[1].lot: "0.000000001" is not a whole number of units of BTC',
    "a larger lot, or more decimals of BTC than 8",
  ],
  [
    'lot = "0.0001"',
    'lot = "100000000"',
    ':15: market[1].lot: "100000000" is more than 2^53-1 units of BTC',
    "a smaller lot, or fewer decimals of BTC than 8",
  ],
  [
    'quantity_min = "0.0001"',
    'quantity_min = "0.00015"',
    ':16: market[1].quantity_min: "0.00015" is not a multiple of the lot',
    "multiples of 0.0001",
  ],
  [
    'quantity_min = "0.0001"',
    'quantity_min = "0"',
    ':16: market[1].quantity_min: "0" is zero',
    "at least one lot",
  ],
  [
    'quantity_min = "0.0001"',
    'quantity_min = "101"',
    ':16: market[1].quantity_min: "101" is above quantity_max "100"',
    'at most "100"',
  ],
  [
    'quantity_max = "100"',
    'quantity_max = "1000000"',
    ':17: market[1].quantity_max: "1000000" is more than 4294967295 lots',
    "a larger lot, or less",
  ],
  [
    'price_min = "1000"',
    'price_min = "2000000"',
    ':18: market[1].price_min: "2000000" is above price_max "1000000"',
    'at most "1000000"',
  ],
  [
    'price_max = "1000000"',
    'price_max = "1000000.005"',
    ':19: market[1].price_max: "1000000.005" is not a multiple of the tick',
    "multiples of 0.01",
  ],
  [
    'symbol = "BTC-USD"',
    'symbol = "BTC/USD"',
    ':11: market[1].symbol: "BTC/USD" does not have that form',
    "1 to 16 of A-Z, 0-9, - and one # for the id",
  ],
  [
    'symbol = "BTC-USD"',
    'symbol = "BTC-USD"\ncount = 2',
    ':11: market[1].symbol: "BTC-USD" would be the symbol of 2 markets',
    'a # where the id goes, such as "M#-USD"',
  ],
  [
    'symbol = "BTC-USD"',
    'symbol = "ABCDEFGHIJKL-#"\ncount = 5000',
    ':11: market[1].symbol: "ABCDEFGHIJKL-5000" has 17 characters',
    "at most 16",
  ],
  [
    'symbol = "BTC-USD"',
    'symbol = "M#"\ncount = 1000000\nopen_orders_max = 1',
    ":10: market[1].id: in no shard: 10-1000000",
    "ids within the markets of a [[shard]]",
  ],
  [
    'markets = "1-9"',
    'markets = "2-9"',
    ":10: market[1].id: in no shard: 1",
    "ids within the markets of a [[shard]]",
  ],
  [
    'markets = "1-9"',
    'markets = "1-9,5"',
    ':22: shard[1].markets: "1-9,5" cannot be read: "5" does not lie above what stands before it',
    'numbers and ranges that rise, such as "1-2100" or "1-4,9"',
  ],
  [
    'markets = "1-9"',
    'markets = "1-9"\n[[shard]]\nid = 1\nmarkets = ""',
    ":24: shard[2].id: 1 is already the id of another shard",
    "an unused id",
  ],
  [
    'markets = "1-9"',
    'markets = "1-9"\n[[shard]]\nid = 2\nmarkets = "9-12"',
    ":25: shard[2].markets: market 9 is already in shard 1",
    "each market in one shard",
  ],
  [
    'markets = "1-9"',
    'markets = "1-9"\n[[shard]]\nid = 2\nmarkets = "3-4"',
    ":25: shard[2].markets: markets 3-4 are already in shard 1",
    "each market in one shard",
  ],
])("%j for %j", (from, to, problem, allowed) => {
  const errors = changed(from, to);
  expect(errors).toEqual([`config.toml${problem}; allowed: ${allowed}`]);
});

const SECOND = SMALL.slice(SMALL.indexOf("[[market]]"), SMALL.indexOf("[[shard]]"));

test("two assets with one symbol", () => {
  expect(after('[[asset]]\nid = 3\nsymbol = "USD"\ndecimals = 2\n')).toEqual([
    `config.toml:${NEXT + 2}: asset[3].symbol: "USD" is already the symbol of another asset; ` +
      "allowed: an unused symbol",
  ]);
});

test("two markets with one id", () => {
  expect(after(SECOND.replace("BTC-USD", "BTC2-USD"))).toEqual([
    `config.toml:${NEXT + 1}: market[2].id: 1 is already the id of "BTC-USD"; allowed: unused ids`,
  ]);
});

test("two markets with one symbol, one of them in a range", () => {
  const range = SECOND.replace("id = 1", "id = 2\ncount = 3").replace("BTC-USD", "BTC#");
  const single = SECOND.replace("id = 1", "id = 5").replace("BTC-USD", "BTC4");
  expect(after(range + single)).toEqual([
    `config.toml:${NEXT + 14}: market[3].symbol: "BTC4" is already the symbol of another market; ` +
      "allowed: an unused symbol",
  ]);
});

test("an id within the range of another table", () => {
  const range = SECOND.replace("id = 1", "id = 2\ncount = 3").replace("BTC-USD", "M#");
  const single = SECOND.replace("id = 1", "id = 4").replace("BTC-USD", "OTHER");
  expect(after(range + single)).toEqual([
    `config.toml:${NEXT + 13}: market[3].id: 4 is already the id of "M4"; allowed: unused ids`,
  ]);
});

test("a smallest order beyond what base can count", () => {
  const text = SMALL.replace('lot = "0.0001"', 'lot = "50000000"')
    .replace('quantity_min = "0.0001"', 'quantity_min = "100000000"')
    .replace('quantity_max = "100"', 'quantity_max = "150000000"')
    .replace('tick = "0.01"', 'tick = "0.00001"')
    .replace('price_max = "1000000"', 'price_max = "0.00002"')
    .replace('price_min = "1000"', 'price_min = "0.00001"');
  expect(errorsOf(text)).toEqual([
    "config.toml:16: market[1].quantity_min: this quantity is beyond 2^53-1 units of base; " +
      "allowed: a lower quantity_min",
  ]);
});

test("ids of a range in the gaps between shards", () => {
  const text = SMALL.replace('"BTC-USD"', '"M#"\ncount = 9').replace("1-9", "2-3,5,8");
  expect(errorsOf(text)).toEqual([
    "config.toml:10: market[1].id: in no shard: 1,4,6-7,9; " +
      "allowed: ids within the markets of a [[shard]]",
  ]);
});

test("ids beyond the highest", () => {
  expect(changed('id = 1\nsymbol = "BTC-USD"', 'id = 999999\ncount = 3\nsymbol = "M#"')).toEqual([
    "config.toml:11: market[1].count: 3 ids from 999999 go beyond 1000000; allowed: at most 2",
  ]);
});

test("more markets than the shard may have", () => {
  const text = SMALL.replace('"BTC-USD"', '"M#"\ncount = 9');
  expect(errorsOf(`${text}[limits]\nmarkets_max = 8\n`)).toEqual([
    `config.toml:${NEXT + 2}: limits.markets_max: 8 is less than the 9 markets of this file; ` +
      "allowed: 9 or more",
  ]);
});

test("an amount that no order could have", () => {
  const text = SMALL.replace('price_max = "1000000"', 'price_max = "42949672"')
    .replace('0.0001"\nquantity_max', '100"\nquantity_max')
    .replace('tick = "0.01"', 'tick = "0.02"')
    .replace('quantity_max = "100"', 'quantity_max = "400000"')
    .replace('quantity_min = "100"', 'quantity_min = "400000"');
  expect(errorsOf(text)).toEqual([
    "config.toml:19: market[1].price_max: an order of quantity_min at this price is beyond " +
      "2^53-1 units of quote; allowed: a lower price_max or quantity_min",
  ]);
});

test("more tables of markets than one genesis holds", () => {
  let text = SMALL.replace("1-9", "1-9999");
  for (let id = 2; id <= 721; id++) {
    text += SECOND.replace("id = 1", `id = ${id}`).replace("BTC-USD", `M${id}`);
  }
  expect(errorsOf(text)).toEqual([
    "config.toml: market: 2 assets and 721 tables of markets are more than the genesis of " +
      "shard 1 can hold; allowed: 63456 bytes; use count for markets that are alike",
  ]);
});
