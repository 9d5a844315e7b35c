/**
 * Scenarios: the five public flows of 200,000 new orders where they are, flows of the same shapes
 * made here elsewhere and for small sizes.
 */
import { join } from "node:path";
import { makeFlow } from "../src/load/make-flow.ts";
import { readWorkload, type Workload, writeWorkload } from "../src/load/workload.ts";
import { sharedDir } from "../test/support/shared-dir.ts";

export const SCENARIOS = ["static", "normal", "swing-25", "swing-40", "flash-crash"] as const;

const SEED = 23;
const SMOKE_ORDERS = 2000;
const FULL_ORDERS = 200_000;

export async function loadScenario(name: string, size: "smoke" | "full"): Promise<Workload> {
  const dir = sharedDir();
  if (size === "smoke" || dir === null) {
    const orders = size === "smoke" ? SMOKE_ORDERS : FULL_ORDERS;
    const messages = makeFlow(name, SEED, orders);
    if (messages === null) throw new Error(`no shape is called ${name}`);
    return open(name, writeWorkload(messages));
  }
  const path = join(dir, "workloads", `large_${name}_s${SEED}_n${FULL_ORDERS}.bin.gz`);
  return open(name, Bun.gunzipSync(new Uint8Array(await Bun.file(path).arrayBuffer())));
}

function open(name: string, bytes: Uint8Array): Workload {
  const workload = readWorkload(bytes);
  if (typeof workload === "string") throw new Error(`${name}: ${workload}`);
  return workload;
}
