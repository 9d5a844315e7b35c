/**
 * SBOM: what the executables are made of, as CycloneDX 1.6, from bun.lock.
 *
 *   Bun           the runtime that each executable is a copy of
 *   npm packages  `dependencies` of package.json and all that they need, with the lock's hashes
 *   C library     price_levels, by the SHA-256 of the file that was built
 *
 * Tools that only build or test are not inside and not listed. Nothing here depends on when or
 * where: the time is the commit's.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { sha256 } from "../src/base/hash.ts";

export interface SbomParts {
  readonly root: string;
  readonly library: string;
  readonly commit: string;
  /** Of the commit, since 1970. */
  readonly seconds: number;
}

interface Locked {
  readonly name: string;
  readonly version: string;
  readonly needs: readonly string[];
  /** Hex. */
  readonly sha512: string;
}

interface Lock {
  readonly packages: Record<string, [string, string, { dependencies?: object }, string]>;
}

const ROOT_REF = "clob";
const LIBRARY_REF = "price_levels";

export function makeSbom({ root, library, commit, seconds }: SbomParts) {
  const lock = Bun.JSONC.parse(readFileSync(join(root, "bun.lock"), "utf8"));
  if (!isLock(lock)) throw new Error("bun.lock names no packages");
  const runtime = runtimePackage();
  const direct = [...Object.keys(manifest.dependencies), runtime];
  const packages = closure(lock, direct);
  const hash = sha256(readFileSync(library)).toHex();
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(seconds * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": ROOT_REF,
        name: manifest.name,
        version: `${manifest.version}+${commit}`,
      },
    },
    components: [
      ...packages.map((one) => component(root, one)),
      {
        type: "library",
        "bom-ref": LIBRARY_REF,
        name: LIBRARY_REF,
        version: manifest.version,
        hashes: [{ alg: "SHA-256", content: hash }],
      },
    ],
    dependencies: [
      { ref: ROOT_REF, dependsOn: [...refsOf(packages, direct), LIBRARY_REF] },
      ...packages.map((one) => ({ ref: refOf(one), dependsOn: refsOf(packages, one.needs) })),
    ],
  };
}

function isLock(value: unknown): value is Lock {
  return typeof value === "object" && value !== null && "packages" in value;
}

/** The package that carries Bun for this machine. */
function runtimePackage(): string {
  const arch = process.arch === "arm64" ? "aarch64" : process.arch;
  return `@oven/bun-${process.platform}-${arch}`;
}

function closure(lock: Lock, direct: readonly string[]): Locked[] {
  const found = new Map<string, Locked>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    const one = lockedPackage(lock, name);
    found.set(name, one);
    for (const need of one.needs) visit(need);
  };
  for (const name of direct) visit(name);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function lockedPackage(lock: Lock, name: string): Locked {
  const row = lock.packages[name];
  if (row === undefined) throw new Error(`bun.lock has no package ${name}`);
  const [id, , { dependencies = {} }, integrity] = row;
  const sha512 = Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
  const version = id.slice(name.length + 1);
  return { name, version, needs: Object.keys(dependencies), sha512 };
}

function component(root: string, one: Locked) {
  return {
    type: "library",
    "bom-ref": refOf(one),
    name: one.name,
    version: one.version,
    hashes: [{ alg: "SHA-512", content: one.sha512 }],
    licenses: [{ license: { id: licenseOf(root, one.name) } }],
    purl: refOf(one),
  };
}

function refOf({ name, version }: Locked): string {
  return `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
}

function refsOf(packages: readonly Locked[], names: readonly string[]): string[] {
  return packages.filter(({ name }) => names.includes(name)).map(refOf);
}

function licenseOf(root: string, name: string): string {
  const text = readFileSync(join(root, "node_modules", name, "package.json"), "utf8");
  const { license }: { license: string } = JSON.parse(text);
  return license;
}
