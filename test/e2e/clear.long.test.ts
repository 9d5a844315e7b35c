/** As clear.test.ts, where nobody tells the matcher: it goes on through the halt, and lifts it. */
import { test } from "bun:test";
import { KillFleet } from "../support/kill-fleet.ts";
import { fencedAndCleared, TIMEOUT_MS } from "./halted-fleet.ts";

test(
  "embedded log, three processes",
  async () => {
    await using fleet = await KillFleet.start({ services: "three" });
    await fencedAndCleared(fleet);
  },
  TIMEOUT_MS,
);
