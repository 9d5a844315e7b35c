/**
 * A process of its own that works on an object store: PLACE create WHO N | count N | fill SEED.
 */
import { sha256 } from "../../src/base/hash.ts";
import type { ObjectStore } from "../../src/edges/object-store.ts";
import { openStore } from "../../src/edges/open-store.ts";

const [place = "", what, ...args] = process.argv.slice(2);
const store: ObjectStore = openStore(place);
const utf8 = new TextEncoder();

/** Each name once, with bytes that say who made it. */
async function create(who: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    console.log(await store.createOnly(`race/${i}`, utf8.encode(`${who} ${i}`)));
  }
}

/** So many times one more than what is there. */
async function countUp(times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const known = await store.get("counter");
    const next = known === null ? 1 : Number(new TextDecoder().decode(known.bytes)) + 1;
    const swapped = await store.swap("counter", known?.version ?? null, utf8.encode(`${next}`));
    if (!swapped.isSwapped) continue;
    console.log(next);
    done++;
  }
}

/** Large objects named by their hashes, and a pointer to the newest, until killed. */
async function fill(seed: number): Promise<void> {
  for (let i = 0; ; i++) {
    const bytes = new Uint8Array(1 << 20).fill(i);
    bytes[0] = seed;
    const name = `fill/${sha256(bytes).toHex()}`;
    await store.createOnly(name, bytes);
    const known = await store.get("newest");
    await store.swap("newest", known?.version ?? null, utf8.encode(name));
    console.log(name);
  }
}

if (what === "create") await create(args[0] ?? "", Number(args[1]));
if (what === "count") await countUp(Number(args[0]));
if (what === "fill") await fill(Number(args[0]));
if (what === "full") {
  // Into a file system of 2 MiB: what fits, then what does not, then what fits again.
  const sizes = [1 << 20, 1 << 21, 1 << 19];
  for (const [i, size] of sizes.entries()) {
    const said = await store.createOnly(`o/${i}`, new Uint8Array(size)).catch(String);
    console.log(said);
  }
  await store.swap("p", null, utf8.encode("1"));
  const known = await store.get("p");
  console.log(await store.swap("p", known!.version, new Uint8Array(1 << 21)).catch(String));
  console.log(new TextDecoder().decode((await store.get("p"))?.bytes));
  console.log((await store.list("")).join(" "));
}
if (what === "hold") {
  const { StoreLock } = await import("../../src/edges/store-lock.ts");
  await new StoreLock(place, 1000).hold(() => {
    process.stdout.write("held\n");
    Bun.sleepSync(60_000);
  });
}
