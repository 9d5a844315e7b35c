/**
 * An exporter in a process of its own, over the same sealed venue each time: DIR. Says "begins",
 * and ends when all is exported, if nobody kills it before.
 */
import { DirectoryStore } from "../../src/edges/directory-store.ts";
import { ExportStand } from "./export-stand.ts";

const [dir = ""] = process.argv.slice(2);
const stand = await ExportStand.open();
stand.count = stand.all;
console.log("begins");
{
  await using running = stand.start(new DirectoryStore(dir));
  while (running.exporter.progress.archived < 41) await Bun.sleep(2);
}
await stand[Symbol.asyncDispose]();
