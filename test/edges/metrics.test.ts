/** The Prometheus text is what its format asks for, and a metric cannot be named after a market. */
import { describe, expect, test } from "bun:test";
import { BrokenPromise } from "../../src/base/assert.ts";
import { Metrics } from "../../src/edges/metrics.ts";

test("all kinds are written, families together and by name", () => {
  const metrics = new Metrics();
  const second = metrics.counter({
    name: "clob_frames_total",
    help: "Frames.",
    labels: { shard: 2 },
  });
  const took = metrics.histogram({ name: "clob_append_seconds", help: "Appends." }, [0.001, 0.01]);
  let open = 3;
  metrics.gauge({ name: "clob_open_connections", help: "Open\nnow \\ here." }, () => open);
  const first = metrics.counter({
    name: "clob_frames_total",
    help: "Frames.",
    labels: { shard: 1 },
  });
  metrics.gauge(
    { name: "clob_build_info", help: "Build.", labels: { version: 'a"b\\c\nd', engine: "c" } },
    () => 1,
  );
  first.add();
  first.add(41);
  second.add(2 ** 40);
  for (const seconds of [0.001, 0.0010001, 0.5, 0.25]) took.observe(seconds);
  open = 5;
  expect(metrics.text()).toBe(`# HELP clob_append_seconds Appends.
# TYPE clob_append_seconds histogram
clob_append_seconds_bucket{le="0.001"} 1
clob_append_seconds_bucket{le="0.01"} 2
clob_append_seconds_bucket{le="+Inf"} 4
clob_append_seconds_sum 0.7520001
clob_append_seconds_count 4
# HELP clob_build_info Build.
# TYPE clob_build_info gauge
clob_build_info{version="a\\"b\\\\c\\nd",engine="c"} 1
# HELP clob_frames_total Frames.
# TYPE clob_frames_total counter
clob_frames_total{shard="2"} 1099511627776
clob_frames_total{shard="1"} 42
# HELP clob_open_connections Open\\nnow \\\\ here.
# TYPE clob_open_connections gauge
clob_open_connections 5
`);
});

test("labels and buckets of a histogram stand side by side", () => {
  const metrics = new Metrics();
  const name = { name: "clob_read_bytes", help: "Reads.", labels: { shard: 1 } };
  metrics.histogram(name, [10]).observe(10);
  expect(metrics.text().split("\n").slice(2)).toEqual([
    'clob_read_bytes_bucket{shard="1",le="10"} 1',
    'clob_read_bytes_bucket{shard="1",le="+Inf"} 1',
    'clob_read_bytes_sum{shard="1"} 10',
    'clob_read_bytes_count{shard="1"} 1',
    "",
  ]);
});

test("numbers that are none have the format's own names", () => {
  const metrics = new Metrics();
  const values: readonly (readonly [string, number])[] = [
    ["a", Number.NaN],
    ["b", Number.POSITIVE_INFINITY],
    ["c", Number.NEGATIVE_INFINITY],
  ];
  for (const [name, value] of values) {
    metrics.gauge({ name: `clob_${name}_ratio`, help: "x" }, () => value);
  }
  expect(metrics.text().match(/^clob.*$/gm)).toEqual([
    "clob_a_ratio NaN",
    "clob_b_ratio +Inf",
    "clob_c_ratio -Inf",
  ]);
});

test("nothing to tell is an empty text", () => {
  expect(new Metrics().text()).toBe("");
});

describe("it asserts that", () => {
  const help = "x";
  const cases: readonly (readonly [string, (metrics: Metrics) => void])[] = [
    ["a name begins with clob_", (m) => m.counter({ name: "frames_total", help })],
    ["a name ends in a unit", (m) => m.gauge({ name: "clob_frames_many", help }, () => 1)],
    ["a name says of what", (m) => m.gauge({ name: "clob_seconds", help }, () => 1)],
    ["a counter ends in _total", (m) => m.counter({ name: "clob_read_bytes", help })],
    ["a gauge does not", (m) => m.gauge({ name: "clob_read_total", help }, () => 1)],
    ["a histogram does not", (m) => m.histogram({ name: "clob_read_total", help })],
    ["bounds rise", (m) => m.histogram({ name: "clob_a_bytes", help }, [1, 1])],
    [
      "no label names a market",
      (m) => m.counter({ name: "clob_a_total", help, labels: { market: 1 } }),
    ],
    [
      "no label names an account",
      (m) => m.counter({ name: "clob_a_total", help, labels: { account: 1 } }),
    ],
    [
      "a metric exists once",
      (m) => {
        m.counter({ name: "clob_a_total", help, labels: { shard: 1 } });
        m.counter({ name: "clob_a_total", help, labels: { shard: 1 } });
      },
    ],
    [
      "a name has one type",
      (m) => {
        m.gauge({ name: "clob_a_bytes", help }, () => 1);
        m.histogram({ name: "clob_a_bytes", help, labels: { shard: 1 } });
      },
    ],
    [
      "there are slots",
      (m) => {
        for (let shard = 0; shard < 10_000; shard++) {
          m.counter({ name: "clob_a_total", help, labels: { shard } });
        }
      },
    ],
  ];
  test.each(cases)("%s", (_, wrong) => {
    expect(() => wrong(new Metrics())).toThrow(BrokenPromise);
  });
});
