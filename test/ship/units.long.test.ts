/**
 * What systemd itself says of the units, where systemd-analyze is installed.
 */
import { describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const DIR = join(import.meta.dir, "..", "..", "deploy", "systemd");
const UNITS = [
  { file: "ingress-verifier.service", unit: "ingress-verifier.service", bin: "ingress-verifier" },
  { file: "market-matcher@.service", unit: "market-matcher@2.service", bin: "market-matcher" },
  { file: "settlement-plane.service", unit: "settlement-plane.service", bin: "settlement-plane" },
];

const ANALYZE = Bun.which("systemd-analyze");
const SYSTEM = "/usr/lib/systemd/system";

describe.skipIf(ANALYZE === null)("systemd itself (needs systemd-analyze)", () => {
  /** A root with the units, something to start, and the units of systemd that ours name. */
  function unitRoot(): string {
    const root = mkdtempSync(join(tmpdir(), "clob-units-"));
    for (const dir of ["etc/systemd/system", "opt/clob/bin", SYSTEM]) {
      mkdirSync(join(root, dir), { recursive: true });
    }
    for (const name of new Bun.Glob("*.{target,slice,mount,socket}").scanSync(SYSTEM)) {
      copyFileSync(join(SYSTEM, name), join(root, SYSTEM, name));
    }
    for (const { file, bin } of UNITS) {
      copyFileSync(join(DIR, file), join(root, "etc/systemd/system", file));
      writeFileSync(join(root, "opt/clob/bin", bin), "");
      chmodSync(join(root, "opt/clob/bin", bin), 0o755);
    }
    return root;
  }

  function analyze(root: string, ...words: string[]): { ok: boolean; text: string } {
    const [verb = "", ...more] = words;
    const command = [ANALYZE ?? "", verb, `--root=${root}`, ...more];
    const { success, stdout, stderr } = Bun.spawnSync(command);
    return { ok: success, text: `${stdout.toString()}${stderr.toString()}` };
  }

  test("takes every line of them, and finds a wrong one", () => {
    const root = unitRoot();
    for (const { unit } of UNITS) {
      expect(analyze(root, "verify", "--man=no", unit)).toEqual({ ok: true, text: "" });
    }
    const wrong = analyze(root, "verify", "--man=no", "market-matcher@abc.service");
    expect(wrong.text).toContain("Failed to parse CPU affinity 'abc'");
    rmSync(root, { recursive: true });
  });

  test("calls their exposure OK: below 2 of 10", () => {
    const root = unitRoot();
    for (const { unit } of UNITS) {
      const words = ["security", "--offline=yes", "--no-pager", "--threshold=20", unit];
      expect(analyze(root, ...words)).toMatchObject({ ok: true });
    }
    rmSync(root, { recursive: true });
  });
});
