/**
 * Pcap: a capture file of one TCP connection, written byte by byte, for tools that read such files.
 *
 *   [ file header, 24 ] then for each packet [ record header, 16 ][ Ethernet, 14 ][ IPv4, 20 ][
 * TCP, 20 ][ bytes ]
 */
import { viewOf } from "../../src/base/bytes.ts";

const SERVER_PORT = 8080;
const CLIENT_PORT = 50_000;
const HEADERS = 54;

export interface Said {
  readonly from: "client" | "server";
  readonly bytes: Uint8Array;
}

export function encodePcap(talk: readonly Said[]): Uint8Array {
  const file = new Uint8Array(24);
  const view = viewOf(file);
  view.setUint32(0, 0xa1b2_c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 65_535, true);
  view.setUint32(20, 1, true);
  const sent = { client: 1, server: 1 };
  const packets = talk.map((said, index) => {
    const packet = encodePacket(said, sent, index);
    sent[said.from] += said.bytes.length;
    return packet;
  });
  return Buffer.concat([file, ...packets]);
}

function encodePacket(
  { from, bytes }: Said,
  sent: { client: number; server: number },
  index: number,
): Uint8Array {
  const size = HEADERS + bytes.length;
  const packet = new Uint8Array(16 + size);
  const view = viewOf(packet);
  view.setUint32(0, 1_764_000_000 + index, true);
  view.setUint32(8, size, true);
  view.setUint32(12, size, true);
  const isClient = from === "client";
  view.setUint16(16 + 12, 0x0800, false);
  const ip = 16 + 14;
  view.setUint8(ip, 0x45);
  view.setUint16(ip + 2, size - 14, false);
  view.setUint8(ip + 8, 64);
  view.setUint8(ip + 9, 6);
  view.setUint32(ip + 12, isClient ? 0x7f00_0002 : 0x7f00_0001, false);
  view.setUint32(ip + 16, isClient ? 0x7f00_0001 : 0x7f00_0002, false);
  const tcp = ip + 20;
  view.setUint16(tcp, isClient ? CLIENT_PORT : SERVER_PORT, false);
  view.setUint16(tcp + 2, isClient ? SERVER_PORT : CLIENT_PORT, false);
  view.setUint32(tcp + 4, sent[from], false);
  view.setUint32(tcp + 8, isClient ? sent.server : sent.client, false);
  view.setUint8(tcp + 12, 0x50);
  view.setUint8(tcp + 13, 0x18);
  view.setUint16(tcp + 14, 65_535, false);
  packet.set(bytes, 16 + HEADERS);
  return packet;
}
