/**
 * GcsStore: an object store in a bucket of Google Cloud Storage, over its JSON interface.
 *
 *   createOnly   ifGenerationMatch=0                swap   ifGenerationMatch=<generation known>
 *
 * Who we are is asked of the metadata server of the machine (GCE_METADATA_HOST names another one);
 * where none answers we are nobody for a minute, who may read a public bucket.
 * STORAGE_EMULATOR_HOST names another server than Google's. A generation is the version: any
 * number but the same again.
 */
import { allPages, askBucket, createIn, type Listing, objectOf, prefixOf } from "./bucket-http.ts";
import {
  checkName,
  checkPrefix,
  checkSize,
  type Created,
  type ObjectStore,
  type StoredObject,
  StoreUnreachable,
  type Swapped,
} from "./object-store.ts";

const GENERATION = "x-goog-generation";
/** A token is asked for anew before it ends. */
const TOKEN_MARGIN_MS = 60_000;
const METADATA_MS_MAX = 5000;
const NOBODY_MS = 60_000;
const TOKEN_PATH = "/computeMetadata/v1/instance/service-accounts/default/token";

export interface GcsOptions {
  readonly bucket: string;
  /** In front of each name. */
  readonly path: string;
  readonly host?: string | undefined;
  readonly metadataHost?: string | undefined;
  /** So long nobody is asked again who we are, where there was no answer. */
  readonly nobodyMs?: number;
}

export class GcsStore implements ObjectStore {
  readonly describe: string;
  private readonly base: string;
  private readonly bucket: string;
  private readonly prefix: string;
  private readonly identity: MachineIdentity;

  constructor({ bucket, path, host, metadataHost, nobodyMs = NOBODY_MS }: GcsOptions) {
    this.base = withScheme(host ?? "https://storage.googleapis.com");
    this.bucket = bucket;
    this.prefix = prefixOf(path);
    this.describe = `bucket gs://${bucket}/${this.prefix}`;
    const metadata = withScheme(metadataHost ?? "metadata.google.internal");
    this.identity = new MachineIdentity(metadata, nobodyMs);
  }

  async get(name: string): Promise<StoredObject | null> {
    checkName(name);
    const url = `${this.base}/storage/v1/b/${this.bucket}/o/${this.coded(name)}?alt=media`;
    const headers = await this.identity.headers();
    const answer = await askBucket(this.full(name), { method: "GET", url, headers });
    return objectOf(name, answer, GENERATION);
  }

  createOnly(name: string, bytes: Uint8Array): Promise<Created> {
    const get = (one: string): Promise<StoredObject | null> => this.get(one);
    const put = async (one: string, body: Uint8Array): Promise<boolean> =>
      (await this.upload(one, "0", body)) !== null;
    return createIn({ get, put }, name, bytes);
  }

  async swap(name: string, expected: string | null, bytes: Uint8Array): Promise<Swapped> {
    checkName(name);
    checkSize(name, bytes);
    const version = await this.upload(name, expected ?? "0", bytes);
    if (version !== null) return { isSwapped: true, version };
    return { isSwapped: false, version: (await this.get(name))?.version ?? null };
  }

  list(prefix: string): Promise<string[]> {
    return this.listed(prefix, "");
  }

  listPart(prefix: string): Promise<string[]> {
    return this.listed(prefix, "/");
  }

  close(): void {}

  /** The new generation; null if the one that is there is not `match`. */
  private async upload(name: string, match: string, body: Uint8Array): Promise<string | null> {
    const query = `uploadType=media&name=${this.coded(name)}&ifGenerationMatch=${match}`;
    const url = `${this.base}/upload/storage/v1/b/${this.bucket}/o?${query}`;
    const headers = {
      ...(await this.identity.headers()),
      "content-type": "application/octet-stream",
    };
    const answer = await askBucket(this.full(name), { method: "POST", url, headers, body });
    if (answer.status === 412) return null;
    if (!answer.ok) throw new StoreUnreachable(`${this.full(name)}: HTTP ${answer.status}`);
    const { generation } = (await answer.json()) as { generation?: string };
    return generation ?? "";
  }

  private async listed(prefix: string, delimiter: string): Promise<string[]> {
    checkPrefix(prefix);
    const query = new URLSearchParams({ prefix: this.prefix + prefix, fields: FIELDS });
    if (delimiter !== "") query.set("delimiter", delimiter);
    return allPages(async (next) => {
      if (next !== null) query.set("pageToken", next);
      const url = `${this.base}/storage/v1/b/${this.bucket}/o?${query.toString()}`;
      const headers = await this.identity.headers();
      const answer = await askBucket(this.describe, { method: "GET", url, headers });
      if (!answer.ok) throw new StoreUnreachable(`${this.describe}: HTTP ${answer.status}`);
      return this.page((await answer.json()) as Page);
    });
  }

  private page({ items = [], prefixes = [], nextPageToken }: Page): Listing {
    const names = [...items.map(({ name }) => name), ...prefixes];
    return {
      names: names.map((name) => name.slice(this.prefix.length)),
      next: nextPageToken ?? null,
    };
  }

  private coded(name: string): string {
    return encodeURIComponent(this.prefix + name);
  }

  private full(name: string): string {
    return `gs://${this.bucket}/${this.prefix}${name}`;
  }
}

interface Page {
  readonly items?: readonly { readonly name: string }[];
  readonly prefixes?: readonly string[];
  readonly nextPageToken?: string;
}

const FIELDS = "items(name),prefixes,nextPageToken";

/** Who this machine is for Google: a token of its service account, kept while it lasts. */
class MachineIdentity {
  private readonly base: string;
  private readonly nobodyMs: number;
  private token: { readonly text: string; readonly untilMs: number } | null = null;
  /** No metadata server answered: we are not on Google Cloud, or its network is not up yet. */
  private nobodyUntilMs = 0;

  constructor(base: string, nobodyMs: number) {
    this.base = base;
    this.nobodyMs = nobodyMs;
  }

  async headers(): Promise<Record<string, string>> {
    const now = performance.now();
    if (now < this.nobodyUntilMs) return {};
    if (this.token === null || this.token.untilMs < now) await this.take();
    return this.token === null ? {} : { authorization: `Bearer ${this.token.text}` };
  }

  private async take(): Promise<void> {
    const headers = { "metadata-flavor": "Google" };
    let answer: Response;
    try {
      const signal = AbortSignal.timeout(METADATA_MS_MAX);
      answer = await fetch(this.base + TOKEN_PATH, { headers, signal });
    } catch (error) {
      const why = error instanceof Error ? error.message : "no answer";
      if (this.token !== null) throw new StoreUnreachable(`no token from ${this.base}: ${why}`);
      this.nobodyUntilMs = performance.now() + this.nobodyMs;
      return;
    }
    if (!answer.ok) throw new StoreUnreachable(`no token from ${this.base}: HTTP ${answer.status}`);
    const said = (await answer.json()) as { access_token: string; expires_in: number };
    const lastsMs = Math.max(0, said.expires_in * 1000 - TOKEN_MARGIN_MS);
    this.token = { text: said.access_token, untilMs: performance.now() + lastsMs };
  }
}

function withScheme(host: string): string {
  return /^https?:\/\//.test(host) ? host.replace(/\/+$/, "") : `http://${host}`;
}
