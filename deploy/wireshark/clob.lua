-- What CLOB's SoupBinTCP packets carry. Made by scripts/make-protocol.ts.
--
--   wireshark -X lua_script:deploy/wireshark/clob.lua -d tcp.port==8080,soupbintcp
--
-- Each field can be filtered by its name in docs/PROTOCOL.md: clob.new_order.price > 6000000
local clob = Proto("clob", "CLOB order entry")

local messages = {
  frame = { name = "frame", size = 72, fields = {
    { name = "protocol", at = 0, size = 4, type = "text" },
    { name = "version", at = 4, size = 1, type = "u8" },
    { name = "kind", at = 5, size = 1, type = "u8", names = { [1] = "genesis", [2] = "directory", [3] = "operator", [4] = "trader", [5] = "logon", [6] = "disconnect" } },
    { name = "shard", at = 6, size = 2, type = "u16" },
    { name = "venue", at = 8, size = 32, type = "bytes" },
    { name = "account", at = 40, size = 4, type = "u32" },
    { name = "key", at = 44, size = 4, type = "u32" },
    { name = "nonce", at = 48, size = 8, type = "u64" },
    { name = "expiry_us", at = 56, size = 8, type = "u64" },
    { name = "count", at = 64, size = 2, type = "u16" },
    { name = "size", at = 66, size = 2, type = "u16" },
    { name = "reserved", at = 68, size = 4, type = "zero" },
  } },
  new_order = { name = "new_order", size = 48, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "side", at = 1, size = 1, type = "u8", names = { [1] = "buy", [2] = "sell" } },
    { name = "order_type", at = 2, size = 1, type = "u8", names = { [1] = "limit", [2] = "market", [3] = "stop", [4] = "stop_limit" } },
    { name = "time_in_force", at = 3, size = 1, type = "u8", names = { [1] = "gtc", [2] = "ioc", [3] = "fok", [4] = "gtd", [5] = "day" } },
    { name = "market", at = 4, size = 4, type = "u32" },
    { name = "client_order_id", at = 8, size = 8, type = "u64" },
    { name = "price", at = 16, size = 4, type = "u32" },
    { name = "quantity", at = 20, size = 4, type = "u32" },
    { name = "self_trade_prevention", at = 24, size = 1, type = "u8", names = { [0] = "none", [1] = "cancel_taker", [2] = "cancel_maker", [3] = "cancel_both", [4] = "decrement" } },
    { name = "post_only", at = 25, size = 1, type = "u8", names = { [0] = "off", [1] = "reject", [2] = "slide" } },
    { name = "reserved", at = 26, size = 2, type = "zero" },
    { name = "stop_price", at = 28, size = 4, type = "u32" },
    { name = "good_till_us", at = 32, size = 8, type = "u64" },
    { name = "budget", at = 40, size = 8, type = "u64" },
  } },
  cancel = { name = "cancel", size = 16, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 3, type = "zero" },
    { name = "market", at = 4, size = 4, type = "u32" },
    { name = "client_order_id", at = 8, size = 8, type = "u64" },
  } },
  replace = { name = "replace", size = 24, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 3, type = "zero" },
    { name = "market", at = 4, size = 4, type = "u32" },
    { name = "client_order_id", at = 8, size = 8, type = "u64" },
    { name = "price", at = 16, size = 4, type = "u32" },
    { name = "quantity", at = 20, size = 4, type = "u32" },
  } },
  reduce = { name = "reduce", size = 24, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 3, type = "zero" },
    { name = "market", at = 4, size = 4, type = "u32" },
    { name = "client_order_id", at = 8, size = 8, type = "u64" },
    { name = "quantity", at = 16, size = 4, type = "u32" },
    { name = "reserved", at = 20, size = 4, type = "zero" },
  } },
  mass_cancel = { name = "mass_cancel", size = 8, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "side", at = 1, size = 1, type = "u8", names = { [0] = "both", [1] = "buy", [2] = "sell" } },
    { name = "reserved", at = 2, size = 2, type = "zero" },
    { name = "market", at = 4, size = 4, type = "u32" },
  } },
  withdraw = { name = "withdraw", size = 48, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 3, type = "zero" },
    { name = "asset", at = 4, size = 4, type = "u32" },
    { name = "amount", at = 8, size = 8, type = "u64" },
    { name = "destination", at = 16, size = 32, type = "bytes" },
  } },
  dead_man = { name = "dead_man", size = 16, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 7, type = "zero" },
    { name = "timeout_us", at = 8, size = 8, type = "u64" },
  } },
  transfer = { name = "transfer", size = 16, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 1, type = "zero" },
    { name = "shard", at = 2, size = 2, type = "u16" },
    { name = "asset", at = 4, size = 4, type = "u32" },
    { name = "amount", at = 8, size = 8, type = "u64" },
  } },
  logon = { name = "logon", size = 48, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 7, type = "zero" },
    { name = "next_report", at = 8, size = 8, type = "u64" },
    { name = "challenge", at = 16, size = 32, type = "bytes" },
  } },
  account_open = { name = "account_open", size = 48, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 3, type = "zero" },
    { name = "scopes", at = 4, size = 4, type = "bits" },
    { name = "expiry_us", at = 8, size = 8, type = "u64" },
    { name = "public_key", at = 16, size = 32, type = "bytes" },
  } },
  key_add = { name = "key_add", size = 48, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 3, type = "zero" },
    { name = "scopes", at = 4, size = 4, type = "bits" },
    { name = "expiry_us", at = 8, size = 8, type = "u64" },
    { name = "public_key", at = 16, size = 32, type = "bytes" },
  } },
  key_revoke = { name = "key_revoke", size = 8, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 3, type = "zero" },
    { name = "key", at = 4, size = 4, type = "u32" },
  } },
  asset_open = { name = "asset_open", size = 32, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "decimals", at = 1, size = 1, type = "u8" },
    { name = "reserved", at = 2, size = 2, type = "zero" },
    { name = "asset", at = 4, size = 4, type = "u32" },
    { name = "symbol", at = 8, size = 16, type = "text" },
    { name = "reserved", at = 24, size = 8, type = "zero" },
  } },
  market_open = { name = "market_open", size = 88, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "state", at = 1, size = 1, type = "u8", names = { [1] = "open", [2] = "post_only", [3] = "cancel_only", [4] = "halted", [5] = "closed" } },
    { name = "reserved", at = 2, size = 2, type = "zero" },
    { name = "market", at = 4, size = 4, type = "u32" },
    { name = "base", at = 8, size = 4, type = "u32" },
    { name = "quote", at = 12, size = 4, type = "u32" },
    { name = "lot_units", at = 16, size = 8, type = "u64" },
    { name = "tick_value", at = 24, size = 4, type = "u32" },
    { name = "open_orders_max", at = 28, size = 4, type = "u32" },
    { name = "price_min", at = 32, size = 4, type = "u32" },
    { name = "price_max", at = 36, size = 4, type = "u32" },
    { name = "quantity_min", at = 40, size = 4, type = "u32" },
    { name = "quantity_max", at = 44, size = 4, type = "u32" },
    { name = "maker_fee_ppm", at = 48, size = 4, type = "u32" },
    { name = "taker_fee_ppm", at = 52, size = 4, type = "u32" },
    { name = "symbol", at = 56, size = 16, type = "text" },
    { name = "count", at = 72, size = 4, type = "u32" },
    { name = "price_step", at = 76, size = 4, type = "u32" },
    { name = "quantity_step", at = 80, size = 4, type = "u32" },
    { name = "reserved", at = 84, size = 4, type = "zero" },
  } },
  market_state = { name = "market_state", size = 8, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "state", at = 1, size = 1, type = "u8", names = { [1] = "open", [2] = "post_only", [3] = "cancel_only", [4] = "halted", [5] = "closed" } },
    { name = "reserved", at = 2, size = 2, type = "zero" },
    { name = "market", at = 4, size = 4, type = "u32" },
  } },
  account_state = { name = "account_state", size = 8, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "suspended", at = 1, size = 1, type = "u8", names = { [0] = "no", [1] = "yes" } },
    { name = "reserved", at = 2, size = 2, type = "zero" },
    { name = "account", at = 4, size = 4, type = "u32" },
  } },
  deposit = { name = "deposit", size = 32, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 3, type = "zero" },
    { name = "asset", at = 4, size = 4, type = "u32" },
    { name = "account", at = 8, size = 4, type = "u32" },
    { name = "reserved", at = 12, size = 4, type = "zero" },
    { name = "amount", at = 16, size = 8, type = "u64" },
    { name = "reference", at = 24, size = 8, type = "u64" },
  } },
  shard_open = { name = "shard_open", size = 8, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 3, type = "zero" },
    { name = "shard", at = 4, size = 4, type = "u32" },
  } },
  carry = { name = "carry", size = 72, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "entry", at = 1, size = 1, type = "u8", names = { [1] = "account_open", [2] = "key_add", [3] = "key_revoke", [4] = "credit" } },
    { name = "source", at = 2, size = 2, type = "u16" },
    { name = "account", at = 4, size = 4, type = "u32" },
    { name = "number", at = 8, size = 8, type = "u64" },
    { name = "key", at = 16, size = 4, type = "u32" },
    { name = "scopes", at = 20, size = 4, type = "bits" },
    { name = "expiry_us", at = 24, size = 8, type = "u64" },
    { name = "directory", at = 32, size = 8, type = "u64" },
    { name = "public_key", at = 40, size = 32, type = "bytes" },
  } },
  upgrade = { name = "upgrade", size = 16, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 3, type = "zero" },
    { name = "version", at = 4, size = 2, type = "u16" },
    { name = "reserved", at = 6, size = 2, type = "zero" },
    { name = "position", at = 8, size = 8, type = "u64" },
  } },
  clear = { name = "clear", size = 80, fields = {
    { name = "type", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 7, type = "zero" },
    { name = "position", at = 8, size = 8, type = "u64" },
    { name = "chain", at = 16, size = 32, type = "bytes" },
    { name = "reason", at = 48, size = 32, type = "bytes" },
  } },
  hello = { name = "hello", size = 72, fields = {
    { name = "kind", at = 0, size = 1, type = "u8" },
    { name = "version", at = 1, size = 1, type = "u8" },
    { name = "shard", at = 2, size = 2, type = "u16" },
    { name = "rules_version", at = 4, size = 2, type = "u16" },
    { name = "directory_origin", at = 6, size = 2, type = "u16" },
    { name = "venue", at = 8, size = 32, type = "bytes" },
    { name = "challenge", at = 40, size = 32, type = "bytes" },
  } },
  refused = { name = "refused", size = 32, fields = {
    { name = "kind", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 1, type = "zero" },
    { name = "code", at = 2, size = 2, type = "u16" },
    { name = "account", at = 4, size = 4, type = "u32" },
    { name = "key", at = 8, size = 4, type = "u32" },
    { name = "reserved", at = 12, size = 4, type = "zero" },
    { name = "nonce", at = 16, size = 8, type = "u64" },
    { name = "tag", at = 24, size = 8, type = "bytes" },
  } },
  resume = { name = "resume", size = 24, fields = {
    { name = "kind", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 1, type = "zero" },
    { name = "code", at = 2, size = 2, type = "u16" },
    { name = "account", at = 4, size = 4, type = "u32" },
    { name = "first", at = 8, size = 8, type = "u64" },
    { name = "last", at = 16, size = 8, type = "u64" },
  } },
  done = { name = "done", size = 32, fields = {
    { name = "kind", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 3, type = "zero" },
    { name = "account", at = 4, size = 4, type = "u32" },
    { name = "position", at = 8, size = 8, type = "u64" },
    { name = "tag", at = 16, size = 8, type = "bytes" },
    { name = "reports", at = 24, size = 4, type = "u32" },
    { name = "reserved", at = 28, size = 4, type = "zero" },
  } },
  report = { name = "report", size = 104, fields = {
    { name = "kind", at = 0, size = 1, type = "u8", names = { [16] = "accepted", [17] = "fill", [18] = "canceled", [19] = "replaced", [20] = "reduced", [21] = "rejected", [22] = "mass_canceled", [23] = "logged_on", [24] = "account_opened", [25] = "key_added", [26] = "key_revoked", [27] = "deposited", [28] = "withdrawn", [29] = "asset_opened", [30] = "market_opened", [31] = "market_state", [32] = "account_state", [33] = "triggered", [34] = "timer_set", [35] = "timer_fired", [36] = "outbox", [37] = "transferred", [38] = "credited", [39] = "shard_known", [40] = "upgrade_set", [41] = "cleared" } },
    { name = "side", at = 1, size = 1, type = "u8", names = { [1] = "buy", [2] = "sell" } },
    { name = "liquidity", at = 2, size = 1, type = "u8", names = { [1] = "maker", [2] = "taker" } },
    { name = "reason", at = 3, size = 1, type = "u8" },
    { name = "account", at = 4, size = 4, type = "u32" },
    { name = "number", at = 8, size = 8, type = "u64" },
    { name = "position", at = 16, size = 8, type = "u64" },
    { name = "log_time_us", at = 24, size = 8, type = "u64" },
    { name = "tag", at = 32, size = 8, type = "bytes" },
    { name = "index", at = 40, size = 2, type = "u16" },
    { name = "code", at = 42, size = 2, type = "u16" },
    { name = "subject", at = 44, size = 4, type = "u32" },
    { name = "order_nonce", at = 48, size = 8, type = "u64" },
    { name = "order_key", at = 56, size = 4, type = "u32" },
    { name = "order_index", at = 60, size = 2, type = "u16" },
    { name = "reserved", at = 62, size = 2, type = "zero" },
    { name = "client_order_id", at = 64, size = 8, type = "u64" },
    { name = "price", at = 72, size = 4, type = "u32" },
    { name = "last", at = 76, size = 4, type = "u32" },
    { name = "cumulative", at = 80, size = 4, type = "u32" },
    { name = "leaves", at = 84, size = 4, type = "u32" },
    { name = "first", at = 88, size = 8, type = "u64" },
    { name = "second", at = 96, size = 8, type = "u64" },
  } },
  key_report = { name = "key_report", size = 104, fields = {
    { name = "kind", at = 0, size = 1, type = "u8" },
    { name = "reserved", at = 1, size = 3, type = "zero" },
    { name = "account", at = 4, size = 4, type = "u32" },
    { name = "number", at = 8, size = 8, type = "u64" },
    { name = "position", at = 16, size = 8, type = "u64" },
    { name = "log_time_us", at = 24, size = 8, type = "u64" },
    { name = "tag", at = 32, size = 8, type = "bytes" },
    { name = "index", at = 40, size = 2, type = "u16" },
    { name = "reserved", at = 42, size = 2, type = "zero" },
    { name = "subject", at = 44, size = 4, type = "u32" },
    { name = "public_key", at = 48, size = 32, type = "bytes" },
    { name = "key", at = 80, size = 4, type = "u32" },
    { name = "scopes", at = 84, size = 4, type = "bits" },
    { name = "expiry_us", at = 88, size = 8, type = "u64" },
    { name = "reserved", at = 96, size = 8, type = "zero" },
  } },
}
local commands = {
  [16] = "new_order",
  [17] = "cancel",
  [18] = "replace",
  [19] = "reduce",
  [20] = "mass_cancel",
  [21] = "withdraw",
  [22] = "dead_man",
  [23] = "transfer",
  [32] = "logon",
  [48] = "account_open",
  [49] = "key_add",
  [50] = "key_revoke",
  [64] = "asset_open",
  [65] = "market_open",
  [66] = "market_state",
  [67] = "account_state",
  [68] = "deposit",
  [70] = "shard_open",
  [71] = "carry",
  [72] = "upgrade",
  [73] = "clear",
}
local kinds = {
  [1] = "hello",
  [2] = "refused",
  [3] = "resume",
  [4] = "done",
  [16] = "report",
  [17] = "report",
  [18] = "report",
  [19] = "report",
  [20] = "report",
  [21] = "report",
  [22] = "report",
  [23] = "report",
  [24] = "key_report",
  [25] = "key_report",
  [26] = "report",
  [27] = "report",
  [28] = "report",
  [29] = "report",
  [30] = "report",
  [31] = "report",
  [32] = "report",
  [33] = "report",
  [34] = "report",
  [35] = "report",
  [37] = "report",
  [38] = "report",
  [39] = "report",
  [40] = "report",
  [41] = "report",
}
local report_kinds = {
  [16] = "accepted",
  [17] = "fill",
  [18] = "canceled",
  [19] = "replaced",
  [20] = "reduced",
  [21] = "rejected",
  [22] = "mass_canceled",
  [23] = "logged_on",
  [24] = "account_opened",
  [25] = "key_added",
  [26] = "key_revoked",
  [27] = "deposited",
  [28] = "withdrawn",
  [29] = "asset_opened",
  [30] = "market_opened",
  [31] = "market_state",
  [32] = "account_state",
  [33] = "triggered",
  [34] = "timer_set",
  [35] = "timer_fired",
  [36] = "outbox",
  [37] = "transferred",
  [38] = "credited",
  [39] = "shard_known",
  [40] = "upgrade_set",
  [41] = "cleared",
}

local makers = {
  u8 = function(abbr, name, names) return ProtoField.uint8(abbr, name, base.DEC, names) end,
  u16 = function(abbr, name, names) return ProtoField.uint16(abbr, name, base.DEC, names) end,
  u32 = function(abbr, name, names) return ProtoField.uint32(abbr, name, base.DEC, names) end,
  u64 = function(abbr, name) return ProtoField.uint64(abbr, name, base.DEC) end,
  bits = function(abbr, name) return ProtoField.uint32(abbr, name, base.HEX) end,
  bytes = function(abbr, name) return ProtoField.bytes(abbr, name) end,
  text = function(abbr, name) return ProtoField.string(abbr, name) end,
  zero = function(abbr, name) return ProtoField.bytes(abbr, name) end,
}
local numbers = { u8 = true, u16 = true, u32 = true, u64 = true, bits = true }

local fields = {}
for _, message in pairs(messages) do
  for _, field in ipairs(message.fields) do
    local abbr = "clob." .. message.name .. "." .. field.name
    if fields[abbr] == nil then fields[abbr] = makers[field.type](abbr, field.name, field.names) end
    field.proto = fields[abbr]
  end
end
local signature = ProtoField.bytes("clob.frame.signature", "signature")
fields["clob.frame.signature"] = signature
clob.fields = fields

local function show(message, tvb, tree)
  local branch = tree:add(clob, tvb(0, message.size), message.name)
  for _, field in ipairs(message.fields) do
    local range = tvb(field.at, field.size)
    if numbers[field.type] then
      branch:add_le(field.proto, range)
    else
      branch:add(field.proto, range)
    end
  end
  return branch
end

local function show_frame(tvb, tree)
  show(messages.frame, tvb, tree)
  local at, last = messages.frame.size, tvb:len() - 64
  local seen = {}
  while at < last do
    local command = messages[commands[tvb(at, 1):uint()]]
    if command == nil or at + command.size > last then break end
    show(command, tvb(at, command.size):tvb(), tree)
    seen[#seen + 1] = command.name
    at = at + command.size
  end
  tree:add(signature, tvb(last, 64))
  return table.concat(seen, ", ")
end

-- The message that these bytes are, or nil: a frame, or by first byte and length.
local function message_of(tvb)
  if tvb:len() >= 144 and tvb(0, 4):string() == "CLOB" then return messages.frame end
  local name = tvb:len() > 0 and kinds[tvb(0, 1):uint()]
  if name and messages[name].size == tvb:len() then return messages[name] end
  return nil
end

function clob.dissector(tvb, pinfo, tree)
  local message = message_of(tvb)
  if message == nil then return 0 end
  pinfo.cols.protocol = "CLOB"
  local said
  if message == messages.frame then
    said = show_frame(tvb, tree)
  else
    show(message, tvb, tree)
    said = report_kinds[tvb(0, 1):uint()] or message.name
  end
  pinfo.cols.info:append(" " .. said)
  return tvb:len()
end

clob:register_heuristic("soupbintcp", function(tvb, pinfo, tree)
  if message_of(tvb) == nil then return false end
  clob.dissector(tvb, pinfo, tree)
  return true
end)
