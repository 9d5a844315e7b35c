/**
 * Which arguments the resources of deploy/gcp have, as the Terraform provider publishes it: made
 * from the typings of two npm packages, for test/ship/gcp-terraform.test.ts.
 *
 *   npm pack @cdktf/provider-google@16.12.1 @pulumi/gcp@9.37.0      unpack both, then
 *   bun scripts/provider-schema.ts DIR-OF-CDKTF DIR-OF-PULUMI > deploy/gcp/provider-schema.json
 *
 * The first is generated from the provider's own schema (google 6.50, generally available arguments
 * only): names, blocks, what is required, values. The second is newer (google 7) and says what has
 * been removed or is deprecated since. What both accept is valid from 6.50 to 7.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What one block takes. */
export interface BlockSchema {
  readonly [argument: string]: ArgumentSchema;
}

export interface ArgumentSchema {
  readonly required?: true;
  /** Arguments of a nested block. */
  readonly block?: BlockSchema;
  /** All values there are. */
  readonly values?: readonly string[];
  /** Why not to use it, by the newer package; "removed" where that has none of the name. */
  readonly deprecated?: string;
}

export interface ResourceSchema {
  readonly arguments: BlockSchema;
  /** What other resources may read of it, in snake case. */
  readonly attributes: readonly string[];
}

export type ProviderSchema = Readonly<Record<string, ResourceSchema>>;

interface Property {
  readonly name: string;
  readonly camel: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly comment: string;
}

/** Of Terraform itself, in every resource. */
const META: ReadonlySet<string> = new Set(["id", "timeouts"]);

/** Where the newer package keeps a resource, if not at `<first word>/<rest>`. */
const PULUMI_PLACES: Readonly<Record<string, string>> = {
  google_service_account: "serviceaccount/account",
  google_project_iam_member: "projects/iammember",
  google_secret_manager_secret: "secretmanager/secret",
  google_secret_manager_secret_version: "secretmanager/secretVersion",
  google_secret_manager_secret_iam_member: "secretmanager/secretIamMember",
  google_artifact_registry_repository: "artifactregistry/repository",
  google_artifact_registry_repository_iam_member: "artifactregistry/repositoryIamMember",
  google_network_connectivity_service_connection_policy:
    "networkconnectivity/serviceConnectionPolicy",
  google_service_networking_connection: "servicenetworking/connection",
  google_storage_bucket_iam_member: "storage/bucketIAMMember",
  google_logging_metric: "logging/metric",
};

/** Throws when a package lacks the resource: then it is no resource of the provider. */
export function resourceSchema(type: string, cdktf: string, pulumi: string): ResourceSchema {
  const place = type.replace(/^google_/, "").replaceAll("_", "-");
  const text = readFileSync(join(cdktf, "lib", place, "index.d.ts"), "utf8");
  const interfaces = interfacesOf(text);
  const top = [...interfaces].find(([, { isConfig }]) => isConfig)?.[0];
  if (top === undefined) throw new Error(`${type} has no arguments in ${place}`);
  const newer = pulumiText(type, pulumi);
  return {
    arguments: blockOf(interfaces, top, newer),
    attributes: attributesOf(text),
  };
}

/** The file: a line for each resource, so that a change shows which. */
export function schemaText(types: readonly string[], cdktf: string, pulumi: string): string {
  const rows = types.map(
    (type) => `${JSON.stringify(type)}: ${JSON.stringify(resourceSchema(type, cdktf, pulumi))}`,
  );
  return `{\n${rows.join(",\n")}\n}`;
}

interface Interface {
  readonly isConfig: boolean;
  readonly properties: readonly Property[];
}

function interfacesOf(text: string): Map<string, Interface> {
  const found = new Map<string, Interface>();
  for (const match of text.matchAll(/^export interface (\w+)([^{]*)\{\n([\s\S]*?)^\}/gm)) {
    const [, name = "", extended = "", body = ""] = match;
    found.set(name, {
      isConfig: extended.includes("TerraformMetaArguments"),
      properties: propertiesOf(body),
    });
  }
  return found;
}

function propertiesOf(body: string): Property[] {
  const properties: Property[] = [];
  const pattern = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s+readonly (\w+)(\??): ([^;{]*)[;{]/g;
  for (const [, comment = "", camel = "", optional, type = ""] of body.matchAll(pattern)) {
    const name = /#(\w+) \w+#\w+\}/.exec(comment)?.[1] ?? camel;
    properties.push({ name, camel, type, isRequired: optional === "", comment });
  }
  return properties;
}

function blockOf(
  interfaces: ReadonlyMap<string, Interface>,
  name: string,
  newer: string,
): BlockSchema {
  const block: Record<string, ArgumentSchema> = {};
  for (const property of interfaces.get(name)?.properties ?? []) {
    if (META.has(property.name)) continue;
    const nested = /^\w+/.exec(property.type)?.[0] ?? "";
    const values = valuesOf(property.comment);
    const deprecated = deprecation(property.camel, newer);
    block[property.name] = {
      ...(property.isRequired ? { required: true } : {}),
      ...(interfaces.has(nested) ? { block: blockOf(interfaces, nested, newer) } : {}),
      ...(values.length > 0 ? { values } : {}),
      ...(deprecated === "" ? {} : { deprecated }),
    };
  }
  return block;
}

function valuesOf(comment: string): string[] {
  const list = /Possible values: \[([^\]]*)\]/.exec(comment.replaceAll("\n    *", " "))?.[1] ?? "";
  return [...list.matchAll(/"([^"]+)"/g)].map(([, value = ""]) => value);
}

function attributesOf(text: string): string[] {
  const resource = /export declare class \w+ extends cdktf\.TerraformResource \{([\s\S]*?)^\}/m;
  const body = resource.exec(text)?.[1] ?? "";
  const names = [...body.matchAll(/^ {4}get (\w+)\(\)/gm)].map(([, name = ""]) => name);
  const snakes = names.map((name) => name.replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`));
  return snakes.filter((name) => !name.endsWith("_input")).toSorted();
}

/** Typings of the newer package: the resource's own, and those of its blocks. */
function pulumiText(type: string, pulumi: string): string {
  const [first = "", ...rest] = type.replace(/^google_/, "").split("_");
  const camel = rest.map((word, i) => (i === 0 ? word : word[0]!.toUpperCase() + word.slice(1)));
  const place = PULUMI_PLACES[type] ?? `${first}/${camel.join("")}`;
  const path = join(pulumi, `${place}.d.ts`);
  if (!existsSync(path)) throw new Error(`${type} is not in the newer package at ${place}`);
  const own = readFileSync(path, "utf8");
  const args = /^export interface \w+Args \{[\s\S]*?^\}/m.exec(own)?.[0] ?? "";
  const inputs = readFileSync(join(pulumi, "types", "input.d.ts"), "utf8");
  const seen = new Map<string, string>();
  let text = args;
  gather(args);
  return text;

  function gather(from: string): void {
    for (const [, space = "", name = ""] of from.matchAll(/inputs\.(\w+)\.(\w+)/g)) {
      if (seen.has(`${space}.${name}`)) continue;
      const start = inputs.indexOf(
        `    interface ${name} {\n`,
        inputs.indexOf(`namespace ${space} {`),
      );
      const body = inputs.slice(start, inputs.indexOf("\n    }\n", start));
      seen.set(`${space}.${name}`, body);
      text += body;
      gather(body);
    }
  }
}

function deprecation(camel: string, newer: string): string {
  const names = [camel, `${camel}s`, `${camel}es`, camel.replace(/y$/, "ies")];
  const found = names.find((name) => new RegExp(`^\\s+${name}\\??: `, "m").test(newer));
  if (found === undefined) return "removed";
  const comments = [
    ...newer.matchAll(new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s+${found}\\??: `, "g")),
  ].map(([, comment = ""]) => comment);
  const isDeprecated =
    comments.length > 0 && comments.every((text) => text.includes("@deprecated"));
  if (!isDeprecated) return "";
  return (/@deprecated ([^\n]*)/.exec(comments[0] ?? "")?.[1] ?? "deprecated").trim();
}

if (import.meta.main) {
  const [cdktf = "", pulumi = ""] = process.argv.slice(2);
  const { resourceTypes } = await import("../test/ship/terraform.ts");
  console.log(schemaText(await resourceTypes(), cdktf, pulumi));
}
