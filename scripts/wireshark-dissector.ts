/**
 * Writes the Wireshark dissector for what SoupBinTCP packets carry, from the message table.
 *
 * Wireshark's own soupbintcp dissector offers each payload to heuristics; ours takes it when it
 * begins as a frame does, or has the kind and the length of a message. The tables are generated,
 * the few lines of Lua that walk them stand below.
 */
import { COMMANDS, FRAME } from "../src/protocol/command-messages.ts";
import type { Field, Message } from "../src/protocol/message-form.ts";
import {
  DONE,
  HELLO,
  KEY_REPORT,
  REFUSED,
  REPORT,
  RESUME,
} from "../src/protocol/session-messages.ts";
import { REPORT_KINDS } from "../src/protocol/code-names.ts";
import * as codes from "../src/protocol/codes.ts";

const HEAD = `-- What CLOB's SoupBinTCP packets carry. Made by scripts/make-protocol.ts.
--
--   wireshark -X lua_script:deploy/wireshark/clob.lua -d tcp.port==8080,soupbintcp
--
-- Each field can be filtered by its name in docs/PROTOCOL.md: clob.new_order.price > 6000000
local clob = Proto("clob", "CLOB order entry")`;

const WALK = `
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
end)`;

const SESSION: readonly (readonly [kind: number, message: Message])[] = [
  [codes.MESSAGE_HELLO, HELLO],
  [codes.MESSAGE_REFUSED, REFUSED],
  [codes.MESSAGE_RESUME, RESUME],
  [codes.MESSAGE_DONE, DONE],
  // An outbox report is in execution records only.
  ...REPORT_KINDS.filter(([kind]) => kind !== codes.REPORT_OUTBOX).map(
    ([kind]) => [kind, isKeyReport(kind) ? KEY_REPORT : REPORT] as const,
  ),
];

function isKeyReport(kind: number): boolean {
  return kind === codes.REPORT_ACCOUNT_OPENED || kind === codes.REPORT_KEY_ADDED;
}

export function wiresharkDissector(): string {
  const messages = [FRAME, ...COMMANDS, HELLO, REFUSED, RESUME, DONE, REPORT, KEY_REPORT];
  const byType = COMMANDS.map(({ name, fields }) => `[${fields[0]?.says}] = "${name}"`);
  const byKind = SESSION.map(([kind, { name }]) => `[${kind}] = "${name}"`);
  const kindNames = REPORT_KINDS.map(([kind, name]) => `[${kind}] = "${name}"`);
  const text = [
    HEAD,
    "",
    "local messages = {",
    ...messages.map(messageTable),
    "}",
    luaTable("commands", byType),
    luaTable("kinds", byKind),
    luaTable("report_kinds", kindNames),
    WALK,
  ];
  return `${text.join("\n")}\n`;
}

function luaTable(name: string, entries: readonly string[]): string {
  return `local ${name} = {\n${entries.map((entry) => `  ${entry},`).join("\n")}\n}`;
}

function messageTable({ name, size, fields }: Message): string {
  const rows = fields.map((field) => `    ${fieldTable(field)},`).join("\n");
  return `  ${name} = { name = "${name}", size = ${size}, fields = {\n${rows}\n  } },`;
}

function fieldTable({ name, at, size, type, names }: Field): string {
  const isNumber = type === "u8" || type === "u16" || type === "u32";
  const pairs = isNumber ? names.map(([value, said]) => `[${value}] = "${said}"`) : [];
  const named = pairs.length === 0 ? "" : `, names = { ${pairs.join(", ")} }`;
  return `{ name = "${name}", at = ${at}, size = ${size}, type = "${type}"${named} }`;
}
