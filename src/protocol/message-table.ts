/**
 * MessageTable: every message of the wire and the log, described once, for machines.
 *
 * docs/PROTOCOL.md, the codecs' tests, the golden vectors and the Wireshark dissector come from
 * it. The codecs themselves are written by hand for speed; tests hold them to this table.
 */
import { assert } from "../base/assert.ts";
import { COMMANDS, FRAME } from "./command-messages.ts";
import { GENESIS, LOG } from "./log-messages.ts";
import type { Message } from "./message-form.ts";
import { SESSION, SOUP } from "./session-messages.ts";

export const MESSAGES: readonly Message[] = [
  ...SOUP,
  FRAME,
  ...COMMANDS,
  ...SESSION,
  ...GENESIS,
  ...LOG,
];

export function messageNamed(name: string): Message {
  const found = MESSAGES.find((message) => message.name === name);
  assert(found !== undefined, "a message that is asked for by name is in the table");
  return found;
}
