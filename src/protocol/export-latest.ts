/**
 * `latest`: how far a shard's export goes. The one object of it that says so without a signature;
 * whoever reads it learns what to ask for, and believes none of it.
 *
 *   clob-export 1                the version of the layout
 *   <venue id, hex>
 *   shard 1
 *   rules 1                      rules version of the last record covered
 *   covers 8211 97               records that are here, and commitments that cover just these
 *   ends running                 or "cut": the shards of this export end so that they agree
 *
 * Read first, written last: all that it covers is there, and signed heads over it too.
 */

export interface ExportLatest {
  readonly venue: string;
  readonly shard: number;
  readonly rulesVersion: number;
  /** Records that are here; the archived position. */
  readonly records: number;
  readonly commitments: number;
  /** False while somebody goes on exporting, each shard for itself. */
  readonly isCut: boolean;
}

const FORM =
  /^clob-export 1\n([0-9a-f]{64})\nshard (\d{1,5})\nrules (\d{1,5})\ncovers (\d{1,16}) (\d{1,16})\nends (cut|running)\n$/;

export function encodeLatest(latest: ExportLatest): Uint8Array<ArrayBuffer> {
  const { venue, shard, rulesVersion, records, commitments, isCut } = latest;
  const ends = isCut ? "cut" : "running";
  return new TextEncoder().encode(
    `clob-export 1\n${venue}\nshard ${shard}\nrules ${rulesVersion}\n` +
      `covers ${records} ${commitments}\nends ${ends}\n`,
  );
}

export function decodeLatest(bytes: Uint8Array): ExportLatest | string {
  const text = new TextDecoder().decode(bytes);
  const version = /^clob-export (\d+)\n/.exec(text)?.[1];
  if (version === undefined) return "not the head of an export";
  if (version !== "1") return `version ${version} of an export is unknown`;
  const found = FORM.exec(text);
  if (found === null) return "it is not as such an object is written";
  const latest = {
    venue: found[1] ?? "",
    shard: Number(found[2]),
    rulesVersion: Number(found[3]),
    records: Number(found[4]),
    commitments: Number(found[5]),
    isCut: found[6] === "cut",
  };
  const isSafe = Number.isSafeInteger(latest.records) && Number.isSafeInteger(latest.commitments);
  return isSafe ? latest : "its numbers are too large";
}
