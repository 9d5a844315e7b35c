/**
 * WebStore: an export that somebody serves over plain HTTP, to read it: a public bucket, or any
 * server of files. Nothing is written here.
 *
 * Lists are asked for as S3 and Google's XML interface give them (`?list-type=2`). A server of
 * files has none: what needs a list is refused there.
 */
import { allPages, askBucket, objectOf, xmlListing } from "./bucket-http.ts";
import {
  checkName,
  checkPrefix,
  type Created,
  type ObjectStore,
  StoreDenied,
  type StoredObject,
  type Swapped,
} from "./object-store.ts";

export class WebStore implements ObjectStore {
  readonly describe: string;
  private readonly base: string;

  constructor(base: string) {
    this.base = base.replace(/\/+$/, "");
    this.describe = this.base;
  }

  async get(name: string): Promise<StoredObject | null> {
    checkName(name);
    const url = `${this.base}/${name}`;
    return objectOf(name, await askBucket(url, { method: "GET", url }), "etag");
  }

  list(prefix: string): Promise<string[]> {
    return this.listed(prefix, "");
  }

  listPart(prefix: string): Promise<string[]> {
    return this.listed(prefix, "/");
  }

  createOnly(): Promise<Created> {
    return Promise.reject(this.readOnly());
  }

  swap(): Promise<Swapped> {
    return Promise.reject(this.readOnly());
  }

  close(): void {}

  private async listed(prefix: string, delimiter: string): Promise<string[]> {
    checkPrefix(prefix);
    const query = new URLSearchParams({ "list-type": "2", prefix });
    if (delimiter !== "") query.set("delimiter", delimiter);
    return allPages(async (next) => {
      if (next !== null) query.set("continuation-token", next);
      const url = `${this.base}/?${query.toString()}`;
      const answer = await askBucket(this.base, { method: "GET", url });
      const text = answer.ok ? await answer.text() : "";
      if (text.includes("<ListBucketResult")) return xmlListing(text);
      throw new StoreDenied(`${this.base} lists nothing: it is no bucket`);
    });
  }

  private readOnly(): StoreDenied {
    return new StoreDenied(`${this.base} is only read`);
  }
}
