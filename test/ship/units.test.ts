/**
 * The systemd units, by their texts, and by systemd-analyze where it is installed.
 */
import { describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/edges/config-read.ts";

const DIR = join(import.meta.dir, "..", "..", "deploy", "systemd");
const UNITS = [
  { file: "ingress-verifier.service", unit: "ingress-verifier.service", bin: "ingress-verifier" },
  { file: "market-matcher@.service", unit: "market-matcher@2.service", bin: "market-matcher" },
  { file: "settlement-plane.service", unit: "settlement-plane.service", bin: "settlement-plane" },
];

/** Name and values of each assignment. */
function settingsOf(file: string): Map<string, string[]> {
  const settings = new Map<string, string[]>();
  for (const line of readFileSync(join(DIR, file), "utf8").split("\n")) {
    const [, name, value] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    settings.set(name, [...(settings.get(name) ?? []), value]);
  }
  return settings;
}

describe.each(UNITS)("$file", ({ file, bin }) => {
  const settings = settingsOf(file);
  const read = readConfig({ env: {}, flags: {} });
  const drainMs = read.ok ? read.config.limits.drainTimeoutMs : Infinity;

  test("starts the executable over Redis, ends it by SIGTERM, waits longer than a drain", () => {
    expect(settings.get("ExecStart")?.[0]).toStartWith(`/opt/clob/bin/${bin} `);
    expect(settings.get("Type")).toEqual(["exec"]);
    expect(settings.get("Restart")).toEqual(["on-failure"]);
    expect(settings.get("KillSignal")).toEqual(["SIGTERM"]);
    expect(Number(settings.get("TimeoutStopSec")) * 1000).toBeGreaterThan(drainMs);
    expect(settings.get("Environment")?.[0]).toContain("CLOB_LOG=redis");
    // Without a leading dash: a file that is not there is an error.
    expect(settings.get("EnvironmentFile")?.[0]).toBe("/etc/clob/redis.env");
  });

  test("is closed in, but may compile", () => {
    for (const name of ["DynamicUser", "NoNewPrivileges", "PrivateDevices", "RestrictSUIDSGID"]) {
      expect([name, settings.get(name)]).toEqual([name, ["yes"]]);
    }
    expect(settings.get("ProtectSystem")).toEqual(["strict"]);
    expect(settings.get("StateDirectory")?.[0]).toStartWith("clob-");
    expect(Number(settings.get("LimitNOFILE"))).toBeGreaterThanOrEqual(65_536);
    expect(settings.has("MemoryDenyWriteExecute")).toBe(false);
  });
});

test("a matcher's instance is its core, and its file names its markets", () => {
  const settings = settingsOf("market-matcher@.service");
  expect(settings.get("CPUAffinity")).toEqual(["%i"]);
  expect(settings.get("EnvironmentFile")?.[1]).toBe("/etc/clob/market-matcher-%i.env");
  expect(settings.get("ExecStart")?.[0]).toEndWith("--http ${MATCHER_HTTP} $MARKETS");
});

test("settlement gets the checkpoint key and no other", () => {
  const settings = settingsOf("settlement-plane.service");
  expect(settings.get("LoadCredential")).toEqual(["checkpoint.pem:/etc/clob/keys/checkpoint.pem"]);
  expect(settings.get("ExecStart")?.[0]).toEndWith("--venue-keys-dir ${CREDENTIALS_DIRECTORY}");
});

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
