/**
 * ClientError: everything that the SDK refuses or learns, with a name to branch on.
 *
 * Codes of the venue keep their names (src/protocol/codes.ts); those below are the client's own.
 * `retryable`: whether the same again can help. A ClientError never means "it may have happened",
 * except by the code `unknown_outcome`.
 */
import { rejectCode } from "../protocol/codes.ts";

export interface ClientErrorParts {
  readonly code: string;
  readonly message: string;
  readonly retryable?: boolean;
  /** The two numbers that disagree, as the engine gave them; null where there are none. */
  readonly stated?: number | null;
  readonly limit?: number | null;
}

export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: string;
  readonly retryable: boolean;
  readonly stated: number | null;
  readonly limit: number | null;

  constructor(parts: ClientErrorParts) {
    super(parts.message);
    this.code = parts.code;
    this.retryable = parts.retryable ?? false;
    this.stated = parts.stated ?? null;
    this.limit = parts.limit ?? null;
  }
}

/** A refusal by the venue's number. */
export function refusedBy(code: number, detail = ""): ClientError {
  const { name, says, retry } = rejectCode(code);
  const message = detail === "" ? `${name}: ${says}` : `${name}: ${says} (${detail})`;
  return new ClientError({ code: name, message, retryable: retry });
}

/** No connection, or none any more. Nothing is said about frames on their way. */
export function unreachable(why: string): ClientError {
  return new ClientError({ code: "unreachable", message: why, retryable: true });
}

/** What came is not the protocol, or not of this venue; trying again will not help. */
export function violation(why: string): ClientError {
  return new ClientError({ code: "protocol_violation", message: why });
}

export function closed(): ClientError {
  return new ClientError({ code: "closed", message: "the client was closed" });
}

/** By its caller, or because the time that its caller gave was over. Nothing was sent. */
export function aborted(signal?: AbortSignal): ClientError {
  const reason: unknown = signal?.reason;
  const isLate = reason instanceof DOMException && reason.name === "TimeoutError";
  const message = isLate ? "no answer came in time" : "the caller asked to stop";
  return new ClientError({ code: "aborted", message });
}

/** The frame was, or will be, or was not executed; ask, or send the same bytes again. */
export function unknownOutcome(why: string): ClientError {
  return new ClientError({ code: "unknown_outcome", message: why, retryable: true });
}

/** The error for a thing that was caught. */
export function asClientError(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  return unreachable(error instanceof Error ? error.message : String(error));
}
