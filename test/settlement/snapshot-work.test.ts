/**
 * How much settlement does between two snapshots: singles by their signatures, batches by what
 * they cause.
 */
import { expect, test } from "bun:test";
import { workOf } from "../../src/settlement-plane/settle-loop.ts";

test("a record counts for its signature, and its reports for their execution", () => {
  expect([workOf(0), workOf(20), workOf(256)]).toEqual([1, 2, 13.8]);
});
