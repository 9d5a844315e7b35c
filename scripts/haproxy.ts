/**
 * Finds HAProxy for the rehearsal, or fetches it into .tools/haproxy: see debian.ts.
 */
import { type DebianTerms, fetchProgram, findProgram } from "./debian.ts";

const HAPROXY: DebianTerms = {
  name: "haproxy",
  packages: ["haproxy"],
  programs: { haproxy: "usr/sbin/haproxy" },
  program: "haproxy",
  variable: "HAPROXY_BIN",
  flag: "-v",
};

export const HAPROXY_ADVICE =
  "put haproxy 2.4 or later on the PATH (apt-get install haproxy) or name it in HAPROXY_BIN";

export const findHaproxy = (): string | null => findProgram(HAPROXY);
export const fetchHaproxy = (): string | null => fetchProgram(HAPROXY);
