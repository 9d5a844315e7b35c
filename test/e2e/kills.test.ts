/**
 * Kills of one process on the embedded log, and of three on Redis; the other two ways:
 * kills.long.test.ts.
 */
import { killSuite } from "../support/kill-suite.ts";

killSuite([
  { services: "one", log: "embedded", seed: 101 },
  { services: "three", log: "Redis", seed: 203 },
]);
