/** StandExport: what the log of a stand has let go of, as an export would have it. */
import type { MemoryStore } from "../../src/edges/memory-log.ts";
import { MemoryInputReader, MemoryStream } from "../../src/edges/memory-stream.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { NO_STATES } from "../../src/service/kept-states.ts";
import type { PastParts } from "../../src/service/past.ts";

export class StandExport {
  private readonly records = new MemoryStream();

  past(genesisFrame: Uint8Array): PastParts {
    return {
      log: { openInputReader: async () => new MemoryInputReader(this.records) },
      genesisFrame,
      options: { levels: createLevels, roots: false },
      states: NO_STATES,
    };
  }

  /** All that is there is exported, and the log keeps its newest entry only. */
  async letGo(store: MemoryStore): Promise<void> {
    const known = this.records.tip();
    const added = store.streams.in.entries.filter(({ first }) => first > known);
    this.records.entries = [...this.records.entries, ...added];
    const tip = store.streams.in.tip();
    const log = store.open();
    await log.cover("archived", tip);
    await log.cover("checkpointed", tip);
    await log.trim(tip);
  }
}
