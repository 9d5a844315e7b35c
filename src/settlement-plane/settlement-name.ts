/** SettlementName: by which two settlements of a shard tell each other's words apart. */
import { join } from "node:path";
import { HOST_FILES } from "../edges/files.ts";

/** Of the settlement that has this directory: the same after a restart, unlike any other. */
export function nameOf(dir: string): string {
  HOST_FILES.makeDir(dir);
  const path = join(dir, "name");
  const known = HOST_FILES.read(path);
  if (known !== null) return new TextDecoder().decode(known);
  const name = crypto.getRandomValues(new Uint8Array(8)).toHex();
  HOST_FILES.replace(path, new TextEncoder().encode(name));
  return name;
}
