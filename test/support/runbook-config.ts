/** RunbookConfig: the small venue of the runbook's tests, and what is added to it later. */
const market = (id: number): string => `
[[market]]
id = ${id}
symbol = "M${id}-USD"
base = "BTC"
quote = "USD"
tick = "0.01"
lot = "0.0001"
quantity_min = "0.0001"
quantity_max = "100"
price_min = "1"
price_max = "1000000"
`;
const shard = (id: number, markets: string): string =>
  `\n[[shard]]\nid = ${id}\nmarkets = "${markets}"\n`;
export const TWO = `
[venue]
name = "runbook"

[[asset]]
id = 1
symbol = "USD"
decimals = 6

[[asset]]
id = 2
symbol = "BTC"
decimals = 8
${market(1)}${market(2)}${shard(1, "1")}${shard(2, "2-10")}`;
/** With a shard more, of a market of its own. */
export const THREE = `${TWO}${market(11)}${shard(3, "11-20")}`;
/** With another market there. */
export const REHOMED = `${THREE}${market(12)}`;
