/**
 * ObjectStore: where the export lies, and the snapshots in it. A directory, later a bucket.
 *
 *   createOnly   an object that never changes. Who comes second is told whether it is the same
 *   swap         a small pointer that moves on: compare-and-set by version, so that nobody who was
 *                asleep moves it back
 *
 * Either is whole or absent for every reader and after any crash, and lasts once it was said to.
 * Nothing here removes an object. What a caller must act on is a value; a store that cannot do its
 * work throws a StoreFault, and nothing that was there before is lost by that.
 */

/** The store cannot go on: what happened, in one sentence. */
export class StoreFault extends Error {
  override readonly name: string = "StoreFault";
}

/** Out of reach, or too slow: the outcome is unknown, and the same call may be made again. */
export class StoreUnreachable extends StoreFault {
  override readonly name = "StoreUnreachable";
}

/** It has no room: nothing was written, and the same call may be made again. */
export class StoreFull extends StoreFault {
  override readonly name = "StoreFull";
}

/** We may not do this here. */
export class StoreDenied extends StoreFault {
  override readonly name = "StoreDenied";
}

/** Something lies where an object should, and nobody can read it as one. */
export class NotAnObject extends StoreFault {
  override readonly name = "NotAnObject";
  readonly object: string;

  constructor(object: string, why: string) {
    super(why);
    this.object = object;
  }
}

/** Another object lies where ours belongs: another export, or another truth. */
export class StoreConflict extends StoreFault {
  override readonly name = "StoreConflict";
}

export interface StoredObject {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of these very bytes, for `swap`; what it is made of is the store's own affair. */
  readonly version: string;
}

export type Created = "created" | "same" | "differs";

/** The version that is there afterwards; null for none. */
export interface Swapped {
  readonly isSwapped: boolean;
  readonly version: string | null;
}

export interface ObjectStore {
  /** For a log line: kind and place. */
  readonly describe: string;
  get(name: string): Promise<StoredObject | null>;
  /** "same" and "differs" speak of an object that was there already, and stays. */
  createOnly(name: string, bytes: Uint8Array): Promise<Created>;
  /** Puts `bytes` where the object of version `expected` is; null where there is none. */
  swap(name: string, expected: string | null, bytes: Uint8Array): Promise<Swapped>;
  /** Names of all objects that begin with `prefix`, rising by their bytes. */
  list(prefix: string): Promise<string[]>;
  /** The same, but of what lies behind a slash only that there is something: "a/", once. */
  listPart(prefix: string): Promise<string[]>;
  close(): void;
}

/** The largest object: a snapshot of a large shard. */
export const OBJECT_SIZE_MAX = 1 << 30;

const NAME_SIZE_MAX = 512;
const PART = "[a-z0-9][a-z0-9._-]*";
const NAME = new RegExp(`^${PART}(?:/${PART})*$`);
const PREFIX = new RegExp(`^(?:${PART}/)*(?:${PART})?$`);

/** A name means the same in every store and cannot lead out of its root. Throws StoreDenied. */
export function checkName(name: string): void {
  if (NAME.test(name) && name.length <= NAME_SIZE_MAX) return;
  throw new StoreDenied(`${JSON.stringify(name.slice(0, 80))} is no name of an object`);
}

export function checkPrefix(prefix: string): void {
  if (PREFIX.test(prefix) && prefix.length <= NAME_SIZE_MAX) return;
  throw new StoreDenied(`${JSON.stringify(prefix.slice(0, 80))} is no prefix of a name`);
}

export function checkSize(name: string, bytes: Uint8Array): void {
  if (bytes.length <= OBJECT_SIZE_MAX) return;
  throw new StoreDenied(`${name}: ${bytes.length} bytes are over ${OBJECT_SIZE_MAX}`);
}
