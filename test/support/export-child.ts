/**
 * An exporter in a process of its own, over the same sealed venue each time: DIR. Says "begins",
 * and ends when all is exported, if nobody kills it before. Each write takes WRITE_MS at least, so
 * that on no machine the whole is done before somebody could kill it.
 */
import { DirectoryStore } from "../../src/edges/directory-store.ts";
import type { Created, Swapped } from "../../src/edges/object-store.ts";
import { ExportStand } from "./export-stand.ts";

const WRITE_MS = 5;

class SlowDirectory extends DirectoryStore {
  override async createOnly(name: string, bytes: Uint8Array): Promise<Created> {
    await Bun.sleep(WRITE_MS);
    return super.createOnly(name, bytes);
  }

  override async swap(name: string, expected: string | null, bytes: Uint8Array): Promise<Swapped> {
    await Bun.sleep(WRITE_MS);
    return super.swap(name, expected, bytes);
  }
}

const [dir = ""] = process.argv.slice(2);
const stand = await ExportStand.open();
stand.count = stand.all;
console.log("begins");
{
  await using running = stand.start(new SlowDirectory(dir));
  while (running.exporter.progress.archived < 41) await Bun.sleep(2);
}
await stand[Symbol.asyncDispose]();
