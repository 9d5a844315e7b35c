/** RedisLogOptions: how one process opens a shard's log on Redis. */
import type { RedisAccess } from "./redis-connection.ts";

export interface RedisLogOptions {
  readonly shard: number;
  readonly access: RedisAccess;
  readonly unreachableMsMax: number;
  readonly notice?: (why: string) => void;
  readonly clockDifferenceMsMax: number;
  /** Name of this ingress among those of the shard; one that lives is not thrown out. */
  readonly slot?: string;
  /** Name of this handle among all that there are; host, pid and a number if absent. */
  readonly owner?: string;
  /** A slot whose ingress was silent for longer is free. */
  readonly slotLeaseMs?: number;
  /** A matcher, or a settlement that publishes, that was silent for longer has lost its turn. */
  readonly matcherLeaseMs?: number;
  readonly settlementLeaseMs?: number;
  /** D3: replicas that must hold an execution record before it is durable; what is declared. */
  readonly replicas?: number;
  readonly declared?: string;
}
