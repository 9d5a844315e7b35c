/** RunbookConfig: the small venue of the runbook's tests, and what is added to it later. */
import { BTC_USD_TERMS, USD_AND_BTC } from "./config-parts.ts";

const market = (id: number): string => `
[[market]]
id = ${id}
symbol = "M${id}-USD"
${BTC_USD_TERMS}`;
const shard = (id: number, markets: string): string =>
  `\n[[shard]]\nid = ${id}\nmarkets = "${markets}"\n`;
export const TWO = `
[venue]
name = "runbook"

${USD_AND_BTC}${market(1)}${market(2)}${shard(1, "1")}${shard(2, "2-10")}`;
/** With a shard more, of a market of its own. */
export const THREE = `${TWO}${market(11)}${shard(3, "11-20")}`;
/** With another market there. */
export const REHOMED = `${THREE}${market(12)}`;
