/**
 * docs/CAPACITY.md shows what scripts/capacity.ts says, and its sums are right by hand.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  bottlenecks,
  FIGURES,
  fullestNode,
  needOf,
  slotOf,
  tables,
} from "../../scripts/capacity.ts";

test("the document's tables are the script's", () => {
  const text = readFileSync(join(import.meta.dir, "../../docs/CAPACITY.md"), "utf8");
  expect(text).toContain(`\n${tables(1_000_000, [1, 16, 64])}\n`);
});

test("a hundred thousand orders in batches of ten, by hand", () => {
  const round = {
    ...FIGURES,
    ingress_frame_us: 40,
    ingress_order_us: 1,
    matcher_us: 4,
    settlement_frame_us: 100,
    settlement_order_us: 10,
    log_frame_bytes: 100,
    log_order_bytes: 90,
    log_readers: 2,
    redis_byte_ns: 10,
    redis_nodes: 2,
    redis_node_gb: 10,
    memory_full: 0.5,
  };
  // 10,000 frames a second; 100 bytes an order; in once and out twice.
  expect(needOf(100_000, 10, round)).toEqual({
    batch: 10,
    ingressCores: 0.5,
    matcherCores: 0.4,
    settlementCores: 2,
    redisCores: 0.3,
    logMbPerS: 10,
    memoryS: 1000,
  });
});

test("the scarcest role is told first, and how many machines it takes", () => {
  const [first] = bottlenecks(needOf(1_000_000, 64));
  expect(first?.role).toStartWith("settlement");
  expect(first!.machines).toBe(Math.ceil(first!.needed / FIGURES["settlement_cores"]!));
});

test("slots are those of Redis Cluster: the check value of its CRC, and no even spread", () => {
  expect(slotOf("123456789")).toBe(0x31c3);
  expect(fullestNode(10, 1)).toBe(10);
  expect(fullestNode(10, 4)).toBe(3);
  expect(fullestNode(10, 20)).toBe(3);
});
