/** docs/OPERATE.md tells the very rights with which the suites run. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ACL_RULES } from "../log/redis-stands.ts";

test("the rights of an ACL user are those of the conformance suite", () => {
  const page = readFileSync(join(import.meta.dir, "..", "..", "docs", "OPERATE.md"), "utf8");
  expect(page).toContain(ACL_RULES.join("\n"));
});
