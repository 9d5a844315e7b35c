/**
 * Parts: what the classes that apply commands are made of, put together once by commands.ts.
 */
import type { Matcher } from "./match.ts";
import type { ReportsOut } from "./reports-out.ts";
import type { Resting } from "./resting.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";
import type { Stops } from "./stops.ts";
import type { Taking } from "./taking.ts";

export interface Parts {
  readonly state: State;
  readonly signer: Signer;
  readonly out: ReportsOut;
  readonly resting: Resting;
  readonly matcher: Matcher;
  readonly taking: Taking;
  readonly stops: Stops;
}
