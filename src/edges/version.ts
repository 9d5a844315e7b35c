/**
 * Version: what this is, and what it understands. The build puts the commit in CLOB_BUILD's place;
 * from a checkout it is "source".
 */
import manifest from "../../package.json" with { type: "json" };
import { PROTOCOL_VERSION, RULES_VERSION } from "../protocol/codes.ts";

export const VERSION: string = manifest.version;

const commit = process.env["CLOB_BUILD"] ?? "source";

/** Commit, rules versions that `apply` knows, and wire version. */
export const BUILD: string = `${commit}, rules ${RULES_VERSION}, wire ${PROTOCOL_VERSION}`;
