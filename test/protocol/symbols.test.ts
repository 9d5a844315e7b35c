/**
 * Symbols of assets and markets: as they are written, read, and made for a range of markets.
 */
import { describe, expect, test } from "bun:test";
import * as layout from "../../src/protocol/command-layout.ts";
import * as encode from "../../src/protocol/commands.ts";

describe("symbols", () => {
  test("what is written is read", () => {
    for (const text of ["A", "BTC-USD", "0123456789ABCDEF"]) {
      const bytes = encode.encodeAssetOpen(1, 2, text);
      expect(layout.readSymbol(new DataView(bytes.buffer), layout.ASSET_SYMBOL)).toBe(text);
    }
  });

  test("the mark becomes the id", () => {
    expect(layout.marketSymbol("M#-USD", 20_999)).toBe("M20999-USD");
    expect(layout.marketSymbol("BTC-USD", 1)).toBe("BTC-USD");
  });

  test.each(["", "0123456789ABCDEFG"])("one of %p is our own mistake", (text) => {
    expect(() => encode.encodeAssetOpen(1, 2, text)).toThrow("a symbol has 1 to 16 characters");
  });
});
