/** Addresses of listeners and of Redis, right and wrong. */
import { describe, expect, test } from "bun:test";
import {
  formatListenAddress,
  parseListenAddress,
  parseRedisAddress,
  redactRedisAddress,
} from "../../src/edges/config-address.ts";

describe("a listener", () => {
  test.each([
    ["8080", { host: "127.0.0.1", port: 8080 }],
    [":8080", { host: "127.0.0.1", port: 8080 }],
    ["0", { host: "127.0.0.1", port: 0 }],
    ["0.0.0.0:9090", { host: "0.0.0.0", port: 9090 }],
    ["[::1]:9090", { host: "::1", port: 9090 }],
    ["trade.example.com:1", { host: "trade.example.com", port: 1 }],
    ["localhost", "no port from 0 to 65535 at its end"],
    ["localhost:", "no port from 0 to 65535 at its end"],
    ["localhost:65536", "no port from 0 to 65535 at its end"],
    ["65536", "no port from 0 to 65535 at its end"],
    ["localhost:-1", "no port from 0 to 65535 at its end"],
    ["", "no port from 0 to 65535 at its end"],
    ["a b:80", "not a host name or address before the port"],
    ["::1:80", "not a host name or address before the port"],
  ])("%j", (text, expected) => {
    expect(parseListenAddress(text)).toEqual(expected);
  });

  test("is written so that it reads back", () => {
    for (const text of ["127.0.0.1:80", "[::1]:0", "host:65535"]) {
      const address = parseListenAddress(text);
      expect(typeof address === "string" ? address : formatListenAddress(address)).toBe(text);
    }
  });
});

const PLAIN = { tls: false, username: null, password: null };

describe("Redis", () => {
  test.each([
    ["h:1", { ...PLAIN, hosts: [{ host: "h", port: 1 }] }],
    ["h", { ...PLAIN, hosts: [{ host: "h", port: 6379 }] }],
    ["redis://h", { ...PLAIN, hosts: [{ host: "h", port: 6379 }] }],
    ["REDIS://h/0", { ...PLAIN, hosts: [{ host: "h", port: 6379 }] }],
    ["redis://[::1]:7/", { ...PLAIN, hosts: [{ host: "::1", port: 7 }] }],
    [
      "rediss://bob:p%40ss@h:1",
      { tls: true, username: "bob", password: "p@ss", hosts: [{ host: "h", port: 1 }] },
    ],
    [
      "redis://u:p@ss@h",
      { tls: false, username: "u", password: "p@ss", hosts: [{ host: "h", port: 6379 }] },
    ],
    [
      "redis://:pw@h",
      { tls: false, username: null, password: "pw", hosts: [{ host: "h", port: 6379 }] },
    ],
    [
      "a:1, b:2,c",
      {
        ...PLAIN,
        hosts: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
          { host: "c", port: 6379 },
        ],
      },
    ],
    [
      "rediss://u:p@a:1,b:2",
      {
        tls: true,
        username: "u",
        password: "p",
        hosts: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
        ],
      },
    ],
    [
      "rediss://u:p@a:1,rediss://u:p@b:2",
      {
        tls: true,
        username: "u",
        password: "p",
        hosts: [
          { host: "a", port: 1 },
          { host: "b", port: 2 },
        ],
      },
    ],
    ["http://h", "its scheme is neither redis:// nor rediss://"],
    ["redis://h/3", "it names a database other than 0"],
    ["redis://:80", "it holds no host name or address"],
    ["", "it holds no host name or address"],
    ["a,,b", "it holds no host name or address"],
    ["h:0", "its port is not from 1 to 65535"],
    ["h:99999", "its port is not from 1 to 65535"],
    ["redis://u:%zz@h", "its user or password is not percent-encoded text"],
    ["redis://a,rediss://b", "the nodes of the list differ in scheme, user or password"],
    ["redis://u:p@a,redis://u:q@b", "the nodes of the list differ in scheme, user or password"],
  ])("%j", (text, expected) => {
    expect(parseRedisAddress(text)).toEqual(expected);
  });

  test.each([
    ["rediss://bob:secret@a:1,b", "rediss://bob:***@a:1,b:6379"],
    ["redis://:secret@[::1]", "redis://:***@[::1]:6379"],
    ["redis://bob@a", "redis://bob@a:6379"],
    ["a", "redis://a:6379"],
  ])("is shown to people without its password: %s", (text, shown) => {
    const address = parseRedisAddress(text);
    expect(typeof address === "string" ? address : redactRedisAddress(address)).toBe(shown);
  });
});
