/**
 * ShardsConfig: the config of a small venue of three shards, one market each, as a file.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BTC_USD_TERMS, USD_AND_BTC } from "./config-parts.ts";

const TEXT = `
[venue]
name = "three-shards"

${USD_AND_BTC}
[[market]]
id = 1
count = 3
symbol = "M#-USD"
${BTC_USD_TERMS}maker_fee_ppm = 200
taker_fee_ppm = 500

[[shard]]
id = 1
markets = "1"

[[shard]]
id = 2
markets = "2"

[[shard]]
id = 3
markets = "3-10"
`;

export class ShardsConfig implements Disposable {
  private readonly dir = mkdtempSync(join(tmpdir(), "clob-shards-"));
  readonly path = join(this.dir, "config.toml");

  constructor() {
    writeFileSync(this.path, TEXT);
  }

  /** A fourth shard with a market of its own, for the next start. */
  addShard(): void {
    const market = /\[\[market\]\]\n[^]*?\n\n/.exec(TEXT)?.[0] ?? "";
    const added = market.replace("id = 1\ncount = 3", "id = 11\ncount = 1");
    const shard = '[[shard]]\nid = 4\nmarkets = "11-20"\n';
    writeFileSync(this.path, `${TEXT}\n${added}${shard}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
