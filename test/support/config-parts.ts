/** ConfigParts: what the configs of small venues have in common, as text. */

export const USD_AND_BTC = `[[asset]]
id = 1
symbol = "USD"
decimals = 6

[[asset]]
id = 2
symbol = "BTC"
decimals = 8
`;

/** Of a market or a range of them, behind its id and symbol. */
export const BTC_USD_TERMS = `base = "BTC"
quote = "USD"
tick = "0.01"
lot = "0.0001"
quantity_min = "0.0001"
quantity_max = "100"
price_min = "1"
price_max = "1000000"
`;
