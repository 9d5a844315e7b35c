/** Whole segments of the embedded log go, and everybody starts again: see trim-story.ts. */
import { test } from "bun:test";
import { trimStory } from "../support/trim-story.ts";

const TEST_MS = 120_000;

test("embedded: whole segments go, and everybody starts again", () => trimStory(), TEST_MS);
