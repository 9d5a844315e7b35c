/**
 * Makes what follows from the protocol's message table: the tables and examples of
 * docs/PROTOCOL.md and the Wireshark dissector. Run it after a change; tests compare what is
 * committed with what it makes.
 *
 *   bun test/vectors/make-protocol-vectors.ts && bun scripts/make-protocol.ts
 */
import { join } from "node:path";
import type { ProtocolVectors } from "../test/vectors/make-protocol-vectors.ts";
import { fillProtocolDoc } from "./protocol-doc.ts";
import { wiresharkDissector } from "./wireshark-dissector.ts";

const root = join(import.meta.dir, "..");
const vectors: ProtocolVectors = await Bun.file(join(root, "test/vectors/protocol.json")).json();
const doc = join(root, "docs/PROTOCOL.md");

await Bun.write(doc, fillProtocolDoc(await Bun.file(doc).text(), vectors));
await Bun.write(join(root, "deploy/wireshark/clob.lua"), wiresharkDissector());
