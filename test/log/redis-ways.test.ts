/** The conformance suite over TLS with a user of few rights; more ways: redis-ways.long.test.ts. */
import { tlsServers } from "./redis-stands.ts";
import { conformanceOver, type Way } from "./redis-ways.ts";

const TLS: Way = ["redis over TLS with a user of few rights", tlsServers];

conformanceOver(Bun.which("openssl") === null ? [] : [TLS]);
