/** One port for several processes, where that is asked for, and for one alone where it is not. */
import { expect, test } from "bun:test";
import { listenTcp, type PeerEvents, type TcpServer } from "../../src/edges/tcp-server.ts";

const NOTHING: PeerEvents = { onOpen: () => {}, onData: () => {}, onClose: () => {} };
const listen = (port: number, reusePort: boolean): TcpServer =>
  listenTcp({ hostname: "127.0.0.1", port, reusePort, outQueueBytesMax: 1000 }, NOTHING);

test("a port may be shared by those that all want to share it", () => {
  const first = listen(0, true);
  const second = listen(first.port, true);
  expect(second.port).toBe(first.port);
  expect(() => listen(first.port, false)).toThrow();
  second.stop();
  first.stop();
});

test("and by nobody else", () => {
  const first = listen(0, false);
  expect(() => listen(first.port, false)).toThrow();
  expect(() => listen(first.port, true)).toThrow();
  first.stop();
});
