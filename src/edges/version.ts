/**
 * Version: what this is. The build replaces BUILD by the commit; from a checkout it is "source".
 */
import manifest from "../../package.json" with { type: "json" };

export const VERSION: string = manifest.version;
export const BUILD: string = process.env["CLOB_BUILD"] ?? "source";
