/**
 * BucketHttp: what all buckets have in common: one request with a limit of time, its refusal as a
 * StoreFault, and objects whose creation is judged by what is there already.
 *
 *   2xx          the answer                   404        there is none
 *   412          somebody was there first     409        the same, where S3 says so of a race
 *   401 403      StoreDenied                  429 5xx    StoreUnreachable, as no answer at all
 */
import { equalBytes } from "../base/bytes.ts";
import {
  checkName,
  checkSize,
  type Created,
  NotAnObject,
  OBJECT_SIZE_MAX,
  StoreDenied,
  type StoredObject,
  StoreFault,
  StoreUnreachable,
} from "./object-store.ts";

/** A slow upload of a large snapshot; what takes longer has an unknown outcome. */
const REQUEST_MS_MAX = 120_000;

export interface BucketRequest {
  readonly method: "GET" | "PUT" | "POST";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** `what` names the object in a fault. Answers of 404, 409 and 412 are the caller's to judge. */
export async function askBucket(what: string, request: BucketRequest): Promise<Response> {
  const { method, url, headers = {}, body } = request;
  const signal = AbortSignal.timeout(REQUEST_MS_MAX);
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      headers,
      signal,
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
  } catch (error) {
    throw new StoreUnreachable(`${what}: ${error instanceof Error ? error.message : "no answer"}`);
  }
  const { status } = answer;
  if (answer.ok || [404, 409, 412].includes(status)) return answer;
  const said = firstLine(await answer.text().catch(() => ""));
  const sentence = `${what}: HTTP ${status}${said === "" ? "" : ` ${said}`}`;
  if (status === 401 || status === 403) throw new StoreDenied(sentence);
  if (status === 429 || status >= 500) throw new StoreUnreachable(sentence);
  throw new StoreFault(sentence);
}

function firstLine(text: string): string {
  const message = /<Message>([^<]*)|"message": *"([^"]*)"/.exec(text);
  return (message?.[1] ?? message?.[2] ?? "").slice(0, 200);
}

/** The whole object; `version` from the header that the bucket says it in. */
export async function objectOf(
  name: string,
  answer: Response,
  versionHeader: string,
): Promise<StoredObject | null> {
  if (answer.status === 404) return null;
  const size = Number(answer.headers.get("content-length") ?? 0);
  if (size > OBJECT_SIZE_MAX) throw new NotAnObject(name, `it is ${size} bytes large`);
  try {
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return { bytes, version: answer.headers.get(versionHeader) ?? "" };
  } catch (error) {
    // Cut off in the middle: nobody knows the rest.
    throw new StoreUnreachable(`${name}: ${error instanceof Error ? error.message : "cut off"}`);
  }
}

export interface Creator {
  readonly get: (name: string) => Promise<StoredObject | null>;
  /** Creates it if there is none; false if there was one. */
  readonly put: (name: string, bytes: Uint8Array) => Promise<boolean>;
}

/**
 * Reads first: the usual case of a second exporter is that all is there, and reading may be allowed
 * where creating is not. A put whose answer was lost is found by the read of the next try.
 */
export async function createIn(
  { get, put }: Creator,
  name: string,
  bytes: Uint8Array,
): Promise<Created> {
  checkName(name);
  checkSize(name, bytes);
  let known = await get(name);
  if (known === null) {
    if (await put(name, bytes)) return "created";
    known = await get(name);
  }
  // Refused, and yet not there: another writer is at it (S3's 409), or there is no such bucket.
  if (known === null) throw new StoreUnreachable(`${name} was refused, and nothing is there`);
  return equalBytes(known.bytes, bytes) ? "same" : "differs";
}

export interface Listing {
  readonly names: readonly string[];
  /** Where the next page begins; null behind the last. */
  readonly next: string | null;
}

/** All pages, rising by their bytes. */
export async function allPages(page: (next: string | null) => Promise<Listing>): Promise<string[]> {
  const names: string[] = [];
  let next: string | null = null;
  do {
    const listing = await page(next);
    names.push(...listing.names);
    next = listing.next;
  } while (next !== null);
  return names.sort();
}

/** Of `list-type=2`, which S3 and Google's XML interface have in common. */
export function xmlListing(text: string): Listing {
  const keys = [...text.matchAll(/<Contents>[\s\S]*?<Key>([^<]*)<\/Key>/g)];
  const parts = [...text.matchAll(/<CommonPrefixes>\s*<Prefix>([^<]*)<\/Prefix>/g)];
  const names = [...keys, ...parts].map(([, name = ""]) => name);
  const token = /<NextContinuationToken>([^<]*)</.exec(text)?.[1] ?? null;
  return { names, next: token === null ? null : token.replaceAll("&amp;", "&") };
}

/** `PREFIX/` of a place, or nothing; names go behind it. */
export function prefixOf(path: string): string {
  const trimmed = path.replace(/^\/+|\/+$/g, "");
  return trimmed === "" ? "" : `${trimmed}/`;
}
