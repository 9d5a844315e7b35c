/** HTTP refuses with the codes of TCP, in the form of RFC 9457. */
import { expect, test } from "bun:test";
import { httpProblem, problemOfCode } from "../../src/edges/problem.ts";
import * as codes from "../../src/protocol/codes.ts";

test("a body has all members of RFC 9457, the code and whether to try again", () => {
  expect(problemOfCode(codes.REJECT_FUNDS, "needs 5.00 USD, 3.00 are free")).toEqual({
    type: "urn:clob:reject:insufficient_funds",
    title: "free funds do not cover it",
    status: 422,
    code: 308,
    name: "insufficient_funds",
    retry: true,
    detail: "needs 5.00 USD, 3.00 are free",
  });
  expect(Object.keys(problemOfCode(codes.REJECT_FUNDS))).not.toContain("detail");
});

test.each([
  [codes.REJECT_SIGNATURE, 401],
  [codes.REJECT_UNKNOWN_KEY, 401],
  [codes.REJECT_DUPLICATE, 409],
  [codes.REJECT_NONCE_TOO_OLD, 409],
  [codes.REJECT_FRAME_SIZE, 400],
  [codes.REJECT_VENUE, 400],
  [codes.REJECT_KEY_SCOPE, 403],
  [codes.REJECT_UNKNOWN_MARKET, 404],
  [codes.REJECT_TICK, 422],
  [codes.REJECT_STATE_MOVE, 409],
  [codes.REJECT_OVERLOADED, 503],
  [codes.REJECT_RATE, 429],
  [codes.REJECT_SNAPSHOT_REQUIRED, 410],
  [999, 503],
])("code %d is status %d", (code, status) => {
  expect(problemOfCode(code).status).toBe(status);
});

test("every code has an error's status and its own name", () => {
  for (const { code, name } of codes.REJECT_CODES) {
    const problem = problemOfCode(code);
    expect(problem.status >= 400 && problem.status < 600).toBe(true);
    expect(problem.name).toBe(name);
  }
});

test("HTTP's own refusals have no code", () => {
  expect(httpProblem(404, "not_found", "/v2")).toEqual({
    type: "urn:clob:http:not_found",
    title: "not found",
    status: 404,
    name: "not_found",
    retry: false,
    detail: "/v2",
  });
  expect(httpProblem(429, "too_many_requests").retry).toBe(true);
});
