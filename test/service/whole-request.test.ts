/**
 * What load balancers ask without a Host header, over a raw socket, of every service's HTTP: the
 * answer is what a GET by its name gives, and nobody is shown a trace.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { VenueProcess } from "../support/venue-process.ts";

/** Everything that is answered until the server closes. */
async function said(url: string, request: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { hostname, port } = new URL(url);
  let text = "";
  await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (socket) => void socket.write(request),
      data: (_, bytes) => void (text += bytes.toString()),
      close: () => resolve(),
    },
  });
  await promise;
  return text;
}

describe("a request whose URL is none", () => {
  let venue: VenueProcess;
  beforeAll(async () => {
    venue = await VenueProcess.start();
  });
  afterAll(() => venue.stop());

  const asked = [
    ["HTTP/1.0 without a Host", (path: string) => `GET ${path} HTTP/1.0\r\n\r\n`],
    [
      "a Host that is no name",
      (path: string) => `GET ${path} HTTP/1.1\r\nHost: %%%\r\nConnection: close\r\n\r\n`,
    ],
  ] as const;
  test.each(asked)("%s", async (_, request) => {
    const { settlement } = venue.address;
    for (const url of venue.http) {
      const ready = await said(url, request("/readyz"));
      expect([ready.split("\r\n")[0], ready]).toEqual([
        "HTTP/1.1 200 OK",
        expect.stringContaining('"status":"ready"'),
      ]);
      const nothing = await said(url, request("/nothing?a=%zz"));
      expect(nothing.split("\r\n")[0]).toBe("HTTP/1.1 404 Not Found");
    }
    expect(await said(settlement, request("/v1/markets?state=open"))).toContain('"bad_query"');
    expect(await said(settlement, request("/v1/stream?markets=NONE"))).toContain("unknown_market");
  });
});
