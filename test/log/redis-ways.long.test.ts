/** The conformance suite with a replica that is waited for, and on a cluster of three. */
import { clusterServers, replicatedServers } from "./redis-stands.ts";
import { conformanceOver } from "./redis-ways.ts";

conformanceOver([
  ["redis with a replica that is waited for", replicatedServers],
  ["redis cluster of three", clusterServers],
]);
