/**
 * deploy/gcp/provider-schema.json is what the two npm packages say: fetched again, read again.
 */
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { schemaText } from "../../scripts/provider-schema.ts";
import { GCP_DIR, resourceTypes } from "./terraform.ts";

const PACKAGES = ["@cdktf/provider-google@16.12.1", "@pulumi/gcp@9.37.0"];

/** The unpacked package's directory. */
function fetched(spec: string, dir: string): string {
  const packed = spawnSync("npm", ["pack", spec, "--silent"], { cwd: dir, encoding: "utf8" });
  expect(packed.status).toBe(0);
  const into = join(dir, packed.stdout.trim().replace(".tgz", ""));
  mkdirSync(into);
  expect(spawnSync("tar", ["xzf", join(dir, packed.stdout.trim()), "-C", into]).status).toBe(0);
  return join(into, "package");
}

test.skipIf(Bun.which("npm") === null)("the schema is that of the packages", async () => {
  const dir = mkdtempSync(join(tmpdir(), "clob-schema-"));
  const [cdktf = "", pulumi = ""] = PACKAGES.map((spec) => fetched(spec, dir));
  const kept = readFileSync(join(GCP_DIR, "provider-schema.json"), "utf8");
  expect(kept.trim()).toBe(schemaText(await resourceTypes(), cdktf, pulumi));
  rmSync(dir, { recursive: true, force: true });
});
