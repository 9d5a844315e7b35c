/**
 * MarketChecks: what a story of many markets must come to, whatever its size.
 */
import { expect } from "bun:test";
import type { LoadTerms } from "./market-load.ts";
import type { MarketStory } from "./market-story.ts";

const SHARDS = 10;

export function checkMarketStory(story: MarketStory, markets: number, terms: LoadTerms): void {
  const { shards, markets_with_orders, listed, wrong, load, verify } = story;
  expect(wrong).toEqual([]);
  expect({ shards, markets: story.markets, markets_with_orders, listed }).toEqual({
    shards: SHARDS,
    markets,
    markets_with_orders: markets,
    listed: markets,
  });
  // Every command has come to something that a report says.
  expect(load.commands).toBe(load.frames * terms.batch);
  expect(load.commands).toBeGreaterThanOrEqual(SHARDS * terms.commandsPerShard);
  expect(load.reports).toBeGreaterThanOrEqual(load.commands);
  expect([load.trades > 0, load.rejected > 0]).toEqual([true, true]);
  expect(story.nothing_to_apply).toBe(true);
  expect(story.commands_after_restart).toBe(SHARDS * terms.batch);
  expect(story.doctor).toContain("shards 1-10");
  const verdict = { ok: true, pinned: true, sentence: "" };
  // Directory entries and funds of two accounts, for nine shards.
  const crossings = { carried: 2 * (SHARDS - 1) * 3, in_flight: 0 };
  for (const engine of ["fast", "naive"] as const) {
    expect(verify[engine]).toMatchObject({ ...verdict, crossings });
    expect(verify[engine]?.records).toHaveLength(SHARDS);
  }
}
