/**
 * Commands: the table, in the order of the help.
 */
import { ACCOUNT_COMMANDS } from "./account-commands.ts";
import { ADMIN_COMMANDS } from "./admin-commands.ts";
import type { CommandSpec } from "./command.ts";
import { DEAD_MAN } from "./dead-man.ts";
import { DOCTOR } from "./doctor.ts";
import { KEY_COMMANDS } from "./key-commands.ts";
import { MARKET_COMMANDS } from "./market-commands.ts";
import { ORDER_CHANGES } from "./order-changes.ts";
import { ORDER_COMMANDS } from "./order-commands.ts";
import { ORDER_QUERIES } from "./order-queries.ts";
import { PROOF_COMMANDS } from "./proof-commands.ts";
import { RESTORE } from "./restore-command.ts";
import { TRANSFER } from "./transfer.ts";
import { completionCommand, VENUE_COMMANDS } from "./venue-commands.ts";

export const COMMANDS: readonly CommandSpec[] = [
  ...VENUE_COMMANDS.slice(0, 1),
  ...MARKET_COMMANDS,
  ...ORDER_COMMANDS,
  ...ORDER_QUERIES,
  ...ORDER_CHANGES,
  DEAD_MAN,
  ...ACCOUNT_COMMANDS,
  ...KEY_COMMANDS,
  TRANSFER,
  ...PROOF_COMMANDS,
  ...ADMIN_COMMANDS,
  ...VENUE_COMMANDS.slice(1),
  RESTORE,
  DOCTOR,
  completionCommand(() => COMMANDS),
];
