/**
 * Problem: what HTTP says when it refuses, in the form of RFC 9457, with the codes of TCP.
 *
 *   { "type": "urn:clob:reject:insufficient_funds", "title": "free funds do not cover it",
 *     "status": 422, "code": 308, "name": "insufficient_funds", "retry": true, "detail": "..." }
 *
 * Pure: bodies and statuses only. The same code gives the same status everywhere.
 */
import * as codes from "../protocol/codes.ts";

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** The code's number and name; absent where the refusal is HTTP's own. */
  readonly code?: number;
  readonly name: string;
  /** Whether sending the same again can help. */
  readonly retry: boolean;
  readonly detail?: string;
}

/** A refusal that TCP would answer with this code. */
export function problemOfCode(code: number, detail?: string): Problem {
  const { name, says, retry } = codes.rejectCode(code);
  const status = statusOfCode(code);
  const problem = { type: `urn:clob:reject:${name}`, title: says, status, code, name, retry };
  return detail === undefined ? problem : { ...problem, detail };
}

/** A refusal that only HTTP knows, such as a path that is not there. */
export function httpProblem(status: number, name: string, detail?: string): Problem {
  const title = name.replaceAll("_", " ");
  const retry = status === 429 || status === 503;
  const problem = { type: `urn:clob:http:${name}`, title, status, name, retry };
  return detail === undefined ? problem : { ...problem, detail };
}

/** Where a code does not have the status of its family. */
const STATUS: ReadonlyMap<number, number> = new Map([
  [codes.REJECT_SIGNATURE, 401],
  [codes.REJECT_UNKNOWN_KEY, 401],
  [codes.REJECT_DUPLICATE, 409],
  [codes.REJECT_NONCE_TOO_OLD, 409],
  [codes.REJECT_NONCE_TOO_FAR, 409],
  [codes.REJECT_LOGON_GONE, 409],
  [codes.REJECT_PUBLIC_KEY_TAKEN, 409],
  [codes.REJECT_ACCOUNTS_FULL, 409],
  [codes.REJECT_KEYS_FULL, 409],
  [codes.REJECT_UNKNOWN_TARGET, 404],
  [codes.REJECT_UNKNOWN_MARKET, 404],
  [codes.REJECT_UNKNOWN_ORDER, 404],
  [codes.REJECT_UNKNOWN_ASSET, 404],
  [codes.REJECT_DUPLICATE_ORDER, 409],
  [codes.REJECT_UNKNOWN_ACCOUNT, 404],
  [codes.REJECT_REPORT_NUMBER, 404],
  [codes.REJECT_NOT_LOGGED_ON, 401],
  [codes.REJECT_SNAPSHOT_REQUIRED, 410],
  [codes.REJECT_UNKNOWN_OUTCOME, 504],
  [codes.REJECT_RATE, 429],
  [codes.REJECT_NOT_HALTED, 409],
]);

/** 1xx the bytes, 2xx the signer, 3xx the order, 4xx the operator's command, 5xx the venue. */
function statusOfCode(code: number): number {
  const special = STATUS.get(code);
  if (special !== undefined) return special;
  if (code < 200) return 400;
  if (code < 300) return 403;
  if (code < 400) return 422;
  return code < 500 ? 409 : 503;
}
