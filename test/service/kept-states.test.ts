/** In which order states to start from are tried: our own, the store's, none ahead of the tip. */
import { describe, expect, test } from "bun:test";
import { type KeptState, statesUpTo } from "../../src/service/kept-states.ts";

describe("which state is tried first", () => {
  const kept = (place: string, ...positions: number[]) => ({
    list: () =>
      Promise.resolve(
        positions.map(
          (position): KeptState => ({
            position,
            describe: `${place} ${position}`,
            open: () => Promise.resolve(""),
          }),
        ),
      ),
  });
  const order = async (own: number[], stored: number[], tip: number): Promise<string[]> => {
    const sources = { own: kept("own", ...own), store: kept("store", ...stored), worth: 10 };
    const names: string[] = [];
    for await (const { describe: name } of statesUpTo(sources, tip)) names.push(name);
    return names;
  };

  test("our own, unless the store's is newer by more than it is worth", async () => {
    expect(await order([50, 30], [60, 40], 65)).toEqual([
      "own 50",
      "store 60",
      "own 30",
      "store 40",
    ]);
    expect(await order([50], [61], 65)).toEqual(["store 61", "own 50"]);
    expect(await order([], [61, 40], 65)).toEqual(["store 61", "store 40"]);
    expect(await order([50], [], 65)).toEqual(["own 50"]);
    expect(await order([], [], 65)).toEqual([]);
  });

  test("none that is ahead of the tip", async () => {
    expect(await order([70, 20], [80, 60], 65)).toEqual(["store 60", "own 20"]);
  });

  test("the store is not asked while our own is near", async () => {
    const silent = { list: () => Promise.reject(new Error("asked")) };
    const sources = { own: kept("own", 60), store: silent, worth: 10 };
    const first = await statesUpTo(sources, 65).next();
    expect(first.value).toMatchObject({ describe: "own 60" });
  });
});
