/** DoorParts: what a ShardDoor is made of, and its limits. */
import type { ExecutionReader, InputWriter, LostSuffix } from "../edges/log.ts";
import type { SignatureVerifier } from "../edges/verify.ts";
import type { Genesis } from "../protocol/genesis.ts";
import type { PastParts } from "../service/past.ts";

export interface DoorLimits {
  readonly appendQueueBytesMax: number;
  readonly packBytesMax: number;
  /** Records in the log whose reports have not come: beyond, the matcher is away, not behind. */
  readonly unmatchedRecordsMax: number;
  readonly reportsKept: number;
  /** Newest records that are searched for one account's reports; older ones ask for a snapshot. */
  readonly resumeRecordsMax: number;
  /** Of those that read older reports from the log, so many at once, and as many waiting. */
  readonly resumesMax: number;
}

export interface DoorParts {
  readonly genesis: Genesis;
  readonly venue: Uint8Array;
  /** Why it is halted, or null. */
  readonly halted: string | null;
  /** The same, as the log says now. */
  readonly readHalt: () => Promise<string | null>;
  readonly verifier: SignatureVerifier;
  readonly writer: InputWriter;
  readonly openExecutionReader: () => Promise<ExecutionReader>;
  /** What reports are made of again that the log has let go of; absent where it never does. */
  readonly past?: PastParts;
  /**
   * After the log lost its newest entries: another writer, once it is known that nothing up to
   * `durable` is gone; throws if it is.
   */
  readonly recoverLoss: (loss: LostSuffix, durable: number) => Promise<InputWriter>;
  readonly limits: DoorLimits;
  /** The log had no room for so many frames; who sent them has been told. */
  readonly onFull: (why: string, frames: number) => void;
  /** Called once when the log can't go on; the service stops. */
  readonly onFault: (fault: unknown) => void;
}
