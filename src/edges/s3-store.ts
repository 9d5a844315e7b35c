/**
 * S3Store: an object store in a bucket with Amazon's S3 interface, by presigned requests.
 *
 *   createOnly   PUT with If-None-Match: *          swap   PUT with If-Match: <etag known>
 *
 * Signing and listing are Bun's S3Client; keys, region and endpoint come from AWS_ACCESS_KEY_ID,
 * AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT, as everywhere. A server that does not
 * know conditional writes must not be used; `probe` finds out, once, before the first write.
 */
import { allPages, askBucket, createIn, objectOf, prefixOf } from "./bucket-http.ts";
import {
  checkName,
  checkPrefix,
  checkSize,
  type Created,
  type ObjectStore,
  StoreDenied,
  type StoredObject,
  StoreUnreachable,
  type Swapped,
} from "./object-store.ts";

const EXPIRES_S = 300;
const PAGE_MAX = 1000;
/** One object that is there for `probe`, and not listed. */
const PROBE = "probe-of-conditional-writes";

export interface S3Options {
  readonly bucket: string;
  /** In front of each name. */
  readonly path: string;
  /** Keys, region and endpoint, by their usual names. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Throws StoreDenied where there are no keys. Bun itself reads these only as its process starts. */
function accessOf(env: S3Options["env"]): Bun.S3Options {
  const accessKeyId = env["AWS_ACCESS_KEY_ID"] ?? "";
  const secretAccessKey = env["AWS_SECRET_ACCESS_KEY"] ?? "";
  if (accessKeyId === "" || secretAccessKey === "") {
    throw new StoreDenied("s3:// needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }
  const region = env["AWS_REGION"] ?? "us-east-1";
  const endpoint = env["AWS_ENDPOINT"];
  const sessionToken = env["AWS_SESSION_TOKEN"];
  return {
    accessKeyId,
    secretAccessKey,
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
}

export class S3Store implements ObjectStore {
  readonly describe: string;
  private readonly client: Bun.S3Client;
  private readonly bucket: string;
  private readonly prefix: string;
  private isProbed = false;

  constructor({ bucket, path, env }: S3Options) {
    this.bucket = bucket;
    this.prefix = prefixOf(path);
    this.client = new Bun.S3Client({ bucket, ...accessOf(env) });
    this.describe = `bucket s3://${bucket}/${this.prefix}`;
  }

  async get(name: string): Promise<StoredObject | null> {
    checkName(name);
    const url = this.presigned(name, "GET");
    return objectOf(name, await askBucket(this.full(name), { method: "GET", url }), "etag");
  }

  async createOnly(name: string, bytes: Uint8Array): Promise<Created> {
    checkName(name);
    await this.probe();
    const get = (one: string): Promise<StoredObject | null> => this.get(one);
    const put = async (one: string, body: Uint8Array): Promise<boolean> =>
      (await this.put(one, { "if-none-match": "*" }, body)) !== null;
    return createIn({ get, put }, name, bytes);
  }

  async swap(name: string, expected: string | null, bytes: Uint8Array): Promise<Swapped> {
    checkName(name);
    checkSize(name, bytes);
    await this.probe();
    const condition = expected === null ? { "if-none-match": "*" } : { "if-match": expected };
    const version = await this.put(name, condition, bytes);
    if (version !== null) return { isSwapped: true, version };
    return { isSwapped: false, version: (await this.get(name))?.version ?? null };
  }

  list(prefix: string): Promise<string[]> {
    return this.listed(prefix, {});
  }

  listPart(prefix: string): Promise<string[]> {
    return this.listed(prefix, { delimiter: "/" });
  }

  close(): void {}

  /** The new version; null if the condition does not hold. */
  private async put(
    name: string,
    condition: Record<string, string>,
    body: Uint8Array,
  ): Promise<string | null> {
    const url = this.presigned(name, "PUT");
    const request = { method: "PUT", url, headers: condition, body } as const;
    const answer = await askBucket(this.full(name), request);
    // If-Match on an object that is not there is 404.
    if ([404, 409, 412].includes(answer.status)) return null;
    return answer.headers.get("etag") ?? "";
  }

  /** Two writes that must not both succeed: an old server ignores the condition. */
  private async probe(): Promise<void> {
    if (this.isProbed) return;
    const unless = { "if-none-match": "*" };
    await this.put(PROBE, unless, new Uint8Array([1]));
    if ((await this.put(PROBE, unless, new Uint8Array([2]))) !== null) {
      throw new StoreDenied(`${this.describe} ignores If-None-Match: nothing is safe there`);
    }
    this.isProbed = true;
  }

  private async listed(prefix: string, by: { readonly delimiter?: string }): Promise<string[]> {
    checkPrefix(prefix);
    const at = this.prefix.length;
    return allPages(async (next) => {
      const page = await this.page({
        ...by,
        prefix: this.prefix + prefix,
        maxKeys: PAGE_MAX,
        ...(next === null ? {} : { continuationToken: next }),
      });
      const keys = page.contents?.map(({ key }) => key) ?? [];
      const parts = page.commonPrefixes?.map((one) => one.prefix) ?? [];
      const names = [...keys, ...parts].map((name) => name.slice(at));
      return {
        names: names.filter((name) => name !== PROBE),
        next: page.nextContinuationToken ?? null,
      };
    });
  }

  private async page(options: Bun.S3ListObjectsOptions): Promise<Bun.S3ListObjectsResponse> {
    try {
      return await this.client.list(options);
    } catch (error) {
      const why = error instanceof Error ? error.message : "no answer";
      throw new StoreUnreachable(`${this.describe}: ${why}`);
    }
  }

  private presigned(name: string, method: "GET" | "PUT"): string {
    return this.client.presign(this.prefix + name, { method, expiresIn: EXPIRES_S });
  }

  private full(name: string): string {
    return `s3://${this.bucket}/${this.prefix}${name}`;
  }
}
