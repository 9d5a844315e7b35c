/**
 * Finds HAProxy for the rehearsal, or fetches it into .tools/haproxy.
 *
 * Order: HAPROXY_BIN, the PATH, what was fetched before; then Debian's packages.
 */
import { type DebianTerms, fetchDebian, starts, wrapperOf } from "./debian.ts";

const HAPROXY: DebianTerms = {
  name: "haproxy",
  packages: ["haproxy"],
  programs: { haproxy: "usr/sbin/haproxy" },
};
const wrapper = wrapperOf(HAPROXY, "haproxy");

export const HAPROXY_ADVICE =
  "put haproxy 2.4 or later on the PATH (apt-get install haproxy) or name it in HAPROXY_BIN";

/** Absolute path of a haproxy that starts, or null. */
export function findHaproxy(): string | null {
  const named = process.env["HAPROXY_BIN"] ?? Bun.which("haproxy");
  const paths = [named, wrapper].filter((path) => typeof path === "string");
  return paths.find((path) => starts(path, "-v")) ?? null;
}

/** The same after fetching it from the distribution's packages, or null where there are none. */
export function fetchHaproxy(): string | null {
  return fetchDebian(HAPROXY) && starts(wrapper, "-v") ? wrapper : null;
}
