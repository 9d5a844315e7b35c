/** Ports on loopback that nobody listens on now. */

/** Four, all different: the doors of a venue. */
export function freePorts(): readonly [number, number, number, number] {
  const open = (): Bun.TCPSocketListener<undefined> =>
    Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  const [one, two, three, four] = [open(), open(), open(), open()];
  const ports = [one.port, two.port, three.port, four.port] as const;
  for (const listener of [one, two, three, four]) listener.stop(true);
  return ports;
}

export function freePort(): number {
  return freePorts()[0];
}

/** Below those that outgoing connections take, so that who ends may come back on the same one. */
const LOW = { from: 10_000, count: 22_000 };

/** One that is kept for whoever starts there again and again. */
export function lastingPort(): number {
  for (;;) {
    const port = LOW.from + Math.floor(Math.random() * LOW.count);
    try {
      Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
      return port;
    } catch {
      continue; // Taken.
    }
  }
}
