/**
 * Kills of one process on Redis, and of three on the embedded log; the other two ways:
 * kills.test.ts.
 */
import { killSuite } from "../support/kill-suite.ts";

killSuite([
  { services: "one", log: "Redis", seed: 102 },
  { services: "three", log: "embedded", seed: 202 },
]);
