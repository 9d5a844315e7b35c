/**
 * verifier: replays an export and says yes, or names the first lie. Exit code 4 for a lie.
 *
 * Needs nothing from the venue but the export and, to be pinned, the venue id.
 */
import { parseArgs } from "node:util";
import { BUILD, VERSION } from "../edges/version.ts";
import { openVerifiers } from "../edges/verify.ts";
import { EXIT_USAGE, EXIT_VERIFICATION, endWith, ServiceEnd } from "../service/start.ts";
import { judgeEngine } from "./engines.ts";
import { verifyExport } from "./verify-export.ts";
import { verdictText } from "./verdict-text.ts";

const HELP = `verifier DIR [--venue ID] [--engine fast|naive]: is everything in this export true?

  --venue ID         the venue id, 64 hex digits; without it the verdict is unpinned
  --engine NAME      fast (default) or naive, the second engine
  --version          show version, then end
  --help             show this, then end

Exit codes: 0 yes, 2 usage, 4 the first lie is named.`;

await endWith("verifier", async () => {
  const { values, positionals } = readFlags();
  if (values.help) return void process.stdout.write(`${HELP}\n`);
  if (values.version) return void process.stdout.write(`verifier ${VERSION} (${BUILD})\n`);
  const [dir] = positionals;
  if (dir === undefined || positionals.length > 1) throw new ServiceEnd(EXIT_USAGE, HELP);
  const engine = values.engine;
  if (engine !== "fast" && engine !== "naive") {
    throw new ServiceEnd(EXIT_USAGE, `--engine is fast or naive, not "${engine}"`);
  }
  const { reference } = await openVerifiers();
  const venue = venueOfFlag(values.venue);
  const openEngine = judgeEngine(engine);
  const verdict = await verifyExport({ from: dir, venue, verifier: reference, openEngine });
  process.stdout.write(`${verdictText(verdict)}\n`);
  if (!verdict.ok) throw new ServiceEnd(EXIT_VERIFICATION, "the export is not true");
});

function readFlags() {
  try {
    return parseArgs({
      options: {
        venue: { type: "string" },
        engine: { type: "string", default: "fast" },
        version: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
      allowPositionals: true,
    });
  } catch (error) {
    throw new ServiceEnd(EXIT_USAGE, error instanceof Error ? error.message : "unreadable flags");
  }
}

function venueOfFlag(text: string | undefined): Uint8Array | null {
  if (text === undefined) return null;
  if (/^[0-9a-f]{64}$/i.test(text)) return Uint8Array.fromHex(text);
  throw new ServiceEnd(EXIT_USAGE, "--venue is 64 hex digits");
}
