/**
 * Opens the object store of a place, as config and command lines write it:
 *
 *   DIR                             a directory
 *   gs://BUCKET[/PATH]              Google Cloud Storage      gcs-store.ts
 *   s3://BUCKET[/PATH]              Amazon S3 or its like     s3-store.ts
 *   https://HOST/PATH               to read only              web-store.ts
 *   PLACE,PLACE                     objects in the first, pointers in the second
 */
import { DirectoryStore } from "./directory-store.ts";
import { GcsStore } from "./gcs-store.ts";
import { type ObjectStore, StoreDenied } from "./object-store.ts";
import { S3Store } from "./s3-store.ts";
import { SplitStore } from "./split-store.ts";
import { WebStore } from "./web-store.ts";

const BUCKET = /^(gs|s3):\/\/([a-z0-9][a-z0-9._-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9._/-]*))?$/;

/** Throws StoreDenied for what is no place. Nothing is asked or made yet. */
export function openStore(place: string, env = process.env): ObjectStore {
  const [objects = "", heads, ...more] = place.split(",");
  if (heads !== undefined && more.length === 0) {
    return new SplitStore(openStore(objects, env), openStore(heads, env));
  }
  if (/^https?:\/\//.test(place)) return new WebStore(place);
  if (!/^\w+:\/\//.test(place) && more.length === 0) return new DirectoryStore(place);
  const [, scheme, bucket = "", path = ""] = BUCKET.exec(place) ?? [];
  if (scheme === "gs") {
    const host = env["STORAGE_EMULATOR_HOST"];
    return new GcsStore({ bucket, path, host, metadataHost: env["GCE_METADATA_HOST"] });
  }
  if (scheme === "s3") return new S3Store({ bucket, path, env });
  throw new StoreDenied(`"${place}" is no place: DIR, gs://BUCKET/PATH, s3://BUCKET/PATH or https`);
}
