/** The same on the embedded log. */
import { test } from "bun:test";
import { storedSnapshotStory } from "../support/stored-snapshot-story.ts";

const TEST_MS = 120_000;

test(
  "embedded: a matcher without its data begins with the snapshot in the export",
  () => storedSnapshotStory(),
  TEST_MS,
);
