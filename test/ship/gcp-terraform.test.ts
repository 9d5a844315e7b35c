/**
 * The Terraform of deploy/gcp, as far as it can be judged without a cloud: its form, each resource
 * and argument against the provider's published schema, every reference, and the numbers of the
 * owner's guide. `terraform plan` was never run.
 */
import { beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BlockSchema, ProviderSchema } from "../../scripts/provider-schema.ts";
import { readConfig } from "../../src/edges/config-read.ts";
import {
  type Block,
  GCP_DIR,
  type Json,
  type Module,
  readModule,
  terraformFiles,
} from "./terraform.ts";
import { unformatted } from "./terraform-format.ts";

const SCHEMA: ProviderSchema = JSON.parse(
  readFileSync(join(GCP_DIR, "provider-schema.json"), "utf8"),
);
/** Of Terraform itself, in every resource. */
const META = new Set(["count", "for_each", "depends_on", "lifecycle", "provider"]);
const text = (name: string): string => readFileSync(join(GCP_DIR, name), "utf8");

let module: Module;
beforeAll(async () => {
  module = await readModule();
});

function resource(type: string, name: string): Block {
  const found = module.resource[type]?.[name]?.[0];
  if (found === undefined) throw new Error(`there is no ${type}.${name}`);
  return found;
}

const blockIn = (block: Block, name: string): Block => (block[name] as Block[])[0] ?? {};

/** Everything that the schema says against a block. */
function complaints(where: string, block: Block, schema: BlockSchema): string[] {
  const wrong: string[] = [];
  for (const [name, value] of Object.entries(flattened(block))) {
    const known = schema[name];
    if (known === undefined) wrong.push(`${where}: there is no argument ${name}`);
    else if (known.deprecated !== undefined) wrong.push(`${where}.${name}: ${known.deprecated}`);
    else if (known.block !== undefined && Array.isArray(value)) {
      for (const inner of value)
        wrong.push(...complaints(`${where}.${name}`, inner as Block, known.block));
    } else if (known.values !== undefined && typeof value === "string" && !value.includes("${")) {
      if (!known.values.includes(value)) wrong.push(`${where}.${name}: no value ${value}`);
    }
  }
  for (const [name, { required }] of Object.entries(schema)) {
    if (required === true && !(name in flattened(block)))
      wrong.push(`${where}: ${name} is missing`);
  }
  return wrong;
}

/** `dynamic "x" { content {} }` is a block x. */
function flattened(block: Block): Block {
  const { dynamic, ...rest } = block;
  const made: Block = rest;
  for (const [name, uses] of Object.entries((dynamic ?? {}) as Block)) {
    made[name] = (uses as Block[]).flatMap((use) => use["content"] as Json[]);
  }
  return made;
}

describe("the form", () => {
  test.each(terraformFiles())("%s is as terraform fmt would write it", (name) => {
    expect(unformatted(text(name))).toEqual([]);
  });

  test("what is not formatted is named", () => {
    expect(unformatted("a = 1\nbcd = 2\n")).toEqual(["1: equals sign in another column"]);
    expect(unformatted("a {\n    b = 1\n}\n")).toEqual(["2: indented by another width"]);
  });
});

describe("the provider's schema", () => {
  test("has every resource, argument and value that is used, none deprecated", () => {
    const wrong: string[] = [];
    for (const [type, named] of Object.entries(module.resource)) {
      for (const [name, blocks] of Object.entries(named)) {
        const own = Object.entries(blocks[0] ?? {}).filter(([key]) => !META.has(key));
        const schema = SCHEMA[type]?.arguments;
        if (schema === undefined) wrong.push(`there is no resource ${type}`);
        else wrong.push(...complaints(`${type}.${name}`, Object.fromEntries(own), schema));
      }
    }
    expect(wrong).toEqual([]);
  });

  test("finds a misspelt argument, a wrong value, a deprecated one, a missing one", () => {
    const schema = SCHEMA["google_compute_firewall"]!.arguments;
    const rule = { nam: "x", enable_logging: true, direction: "UP", network: "n" };
    expect(complaints("f", rule, schema)).toEqual([
      "f: there is no argument nam",
      "f.enable_logging: Deprecated in favor of log_config",
      "f.direction: no value UP",
      "f: name is missing",
    ]);
  });

  test("nothing is used that Google has switched off", () => {
    const all = [...terraformFiles(), "startup.sh", "shutdown.sh"].map(text).join("\n");
    const dead =
      /gce-container-declaration|konlet|[^.]gcr\.io\/|google-beta/.exec(all)?.[0] ?? null;
    expect(dead).toBeNull();
  });
});

describe("references", () => {
  test("every one is to a variable, local, resource or attribute that is there", () => {
    const variables = Object.keys(module.variable);
    const locals = module.locals.flatMap((block) => Object.keys(block));
    const wrong: string[] = [];
    for (const name of terraformFiles()) {
      const code = text(name).replaceAll(/^\s*#.*$/gm, "");
      for (const [, variable = ""] of code.matchAll(/\bvar\.(\w+)/g)) {
        if (!variables.includes(variable)) wrong.push(`${name}: var.${variable}`);
      }
      for (const [, local = ""] of code.matchAll(/\blocal\.(\w+)/g)) {
        if (!locals.includes(local)) wrong.push(`${name}: local.${local}`);
      }
      const pattern = /\b(google_\w+)\.(\w+)(?:\[[^\]]*\])?(?:\.(\w+))?/g;
      for (const [whole, type = "", id = "", attribute] of code.matchAll(pattern)) {
        const isThere = module.resource[type]?.[id] !== undefined;
        const has = SCHEMA[type]?.attributes ?? [];
        const isRead = attribute === undefined || has.includes(attribute);
        if (!isThere || !isRead) wrong.push(`${name}: ${whole}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("each variable is used, has a sentence, and is checked where it can be wrong", () => {
    const code = terraformFiles().map(text).join("\n");
    for (const [name, [block]] of Object.entries(module.variable)) {
      expect([name, typeof block?.["description"]]).toEqual([name, "string"]);
      expect([name, code.includes(`var.${name}`)]).toEqual([name, true]);
    }
    const checked = Object.entries(module.variable).filter(([, [b]]) => "validation" in (b ?? {}));
    expect(checked.length).toBeGreaterThanOrEqual(14);
  });

  test("the example names only variables, and all that have no default", () => {
    const named = [...text("terraform.tfvars.example").matchAll(/^(\w+)\s+=/gm)].map(([, n]) => n);
    const needed = Object.entries(module.variable).filter(([, [b]]) => !("default" in (b ?? {})));
    expect(needed.map(([name]) => name).filter((name) => !named.includes(name))).toEqual([]);
    expect(named.filter((name) => module.variable[name ?? ""] === undefined)).toEqual([]);
  });
});

describe("the guide", () => {
  test("its machines: C3D for ingress, C3 for matchers, E2 for settlement", () => {
    const defaults = (name: string): Json => module.variable[name]?.[0]?.["default"] ?? null;
    expect(defaults("ingress")).toMatchObject({ machine_type: "c3d-standard-180", min: 2, max: 3 });
    expect(defaults("matcher_machine_type")).toBe("c3-highcpu-8");
    expect(defaults("settlement_machine_type")).toBe("e2-standard-4");
    const pair = resource("google_compute_instance_group_manager", "settlement");
    expect(pair["target_size"]).toBe(2);
  });

  test("its ports: traders reach 8080 alone, admins 9090 and 9091", () => {
    const ports = (name: string): Json =>
      blockIn(resource("google_compute_firewall", name), "allow")["ports"] ?? null;
    expect(ports("traders")).toEqual(["8080"]);
    expect(ports("admins_ingress")).toEqual(["9090"]);
    expect(ports("admins_settlement")).toEqual(["9091"]);
    const sources = resource("google_compute_firewall", "traders")["source_ranges"];
    expect(sources).toBe("${var.trader_ranges}");
  });

  test("one address for traders, passed through to machines that are ready", () => {
    const service = resource("google_compute_region_backend_service", "orders");
    expect(service).toMatchObject({ protocol: "TCP", load_balancing_scheme: "INTERNAL" });
    const health = resource("google_compute_region_health_check", "ingress_ready");
    expect(blockIn(health, "http_health_check")).toEqual({ port: 9090, request_path: "/readyz" });
    expect(module.output["orders_address"]?.[0]?.["value"]).toContain(":8080");
  });

  test("ten machines with two shards each, every shard on two of them", () => {
    const shards = module.variable["matcher_shards"]?.[0]?.["default"] as Record<string, number[]>;
    expect(Object.keys(shards)).toHaveLength(10);
    const counts = new Map<number, number>();
    for (const id of Object.values(shards).flat()) counts.set(id, (counts.get(id) ?? 0) + 1);
    expect([...counts].toSorted(([a], [b]) => a - b)).toEqual(
      Array.from({ length: 10 }, (_, i) => [i + 1, 2]),
    );
  });

  test("a compact placement policy for ingress and matchers, and none for E2", () => {
    const policies = (name: string): Json | undefined =>
      resource("google_compute_region_instance_template", name)["resource_policies"];
    expect(policies("ingress")).toBe("${google_compute_resource_policy.compact[*].id}");
    expect(policies("matcher")).toBe("${google_compute_resource_policy.compact[*].id}");
    expect(policies("settlement")).toBeUndefined();
    const group = blockIn(
      resource("google_compute_resource_policy", "compact"),
      "group_placement_policy",
    );
    expect(group).toEqual({ collocation: "COLLOCATED" });
  });

  test("its config.toml: 21,000 markets, 2,100 in each of ten shards", () => {
    const env = { REDIS_ADDR: "rediss://10.64.0.9:6379" };
    const file = join(GCP_DIR, "config.toml");
    const read = readConfig({ file, env, flags: {}, role: "matcher" });
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    const counts = read.config.markets.map(({ count }) => count);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(21_000);
    expect(read.config.shards.map(({ ranges }) => ranges)).toEqual(
      Array.from({ length: 10 }, (_, i) => [{ first: i * 2100 + 1, last: (i + 1) * 2100 }]),
    );
    const keepsSessionsMs = Number(module.variable["session_drain_s"]?.[0]?.["default"]) * 1000;
    expect(keepsSessionsMs).toBeGreaterThan(read.config.limits.drainTimeoutMs);
  });
});

describe("rights", () => {
  test("settlement may create objects of the export and not delete them", () => {
    const writer = resource("google_storage_bucket_iam_member", "export_writer");
    expect(writer["for_each"]).toBe(
      '${toset(["roles/storage.objectCreator", "roles/storage.objectViewer"])}',
    );
    const bucket = resource("google_storage_bucket", "export");
    expect(blockIn(bucket, "versioning")).toEqual({ enabled: true });
    expect(blockIn(bucket, "retention_policy")).toHaveProperty("retention_period");
    expect(module.variable["export_readers"]?.[0]?.["default"]).toEqual([]);
  });

  test("no role is owner, editor or admin of anything, and no key of an account is made", () => {
    const all = terraformFiles().map(text).join("\n");
    const granted = [...all.matchAll(/"(roles\/[\w.]+)"/g)].map(([, role]) => role);
    expect(new Set(granted)).toEqual(
      new Set([
        "roles/artifactregistry.reader",
        "roles/logging.logWriter",
        "roles/monitoring.metricWriter",
        "roles/secretmanager.secretAccessor",
        "roles/storage.objectCreator",
        "roles/storage.objectUser",
        "roles/storage.objectViewer",
      ]),
    );
    expect(module.resource["google_service_account_key"]).toBeUndefined();
  });

  test("no machine has an address on the internet, and nothing is open to all of it", () => {
    for (const [template] of Object.values(
      module.resource["google_compute_region_instance_template"] ?? {},
    )) {
      expect(blockIn(template ?? {}, "network_interface")).not.toHaveProperty("access_config");
    }
    for (const [rule] of Object.values(module.resource["google_compute_firewall"] ?? {})) {
      expect(JSON.stringify(rule?.["source_ranges"])).not.toContain("0.0.0.0/0");
    }
  });

  test("no secret stands in metadata or in a template", () => {
    const machines =
      text("machines.tf") + text("ingress.tf") + text("matcher.tf") + text("settlement.tf");
    expect(/secret_data|auth_string|password\s*=/.exec(machines)?.[0] ?? null).toBeNull();
  });

  test("Redis is never one that forgets", () => {
    const valkey = resource("google_memorystore_instance", "log");
    expect(valkey["engine_configs"]).toEqual({ "maxmemory-policy": "noeviction" });
    expect(blockIn(valkey, "persistence_config")["mode"]).toBe("AOF");
    const redis = resource("google_redis_instance", "log");
    expect(redis["tier"]).toBe("STANDARD_HA");
    expect(redis["redis_configs"]).toEqual({ "maxmemory-policy": "noeviction" });
  });
});
