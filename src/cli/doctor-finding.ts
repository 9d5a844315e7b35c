/**
 * Finding: one line of the doctor; a line that is wrong has the fix.
 */
export interface Finding {
  readonly name: string;
  readonly state: "ok" | "warning" | "wrong";
  readonly found: string;
  /** What to do; "" where all is well. */
  readonly fix: string;
}
