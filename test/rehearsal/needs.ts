/**
 * What a machine lacks for namespaces as hosts, in words.
 */
const TOOLS: Readonly<Record<string, string>> = {
  unshare: "util-linux",
  mount: "mount",
  hostname: "hostname",
  ip: "iproute2",
};

/** Null where nothing is missing. */
export function namespacesNeed(): string | null {
  if (process.platform !== "linux") return "Linux: hosts are network namespaces";
  if (process.geteuid?.() !== 0)
    return "root: hosts are network namespaces (sudo bun run rehearsal)";
  const missing = Object.keys(TOOLS).find((name) => Bun.which(name) === null);
  if (missing !== undefined) return `${missing} (Debian's package ${TOOLS[missing]})`;
  const script =
    "ip link add name net0 type bridge && ip link add name one type veth peer name two";
  const namespaces = ["--mount", "--net", "--pid", "--uts", "--fork", "--mount-proc"];
  const tried = Bun.spawnSync(["unshare", ...namespaces, "sh", "-c", script], { stdin: "ignore" });
  if (tried.success) return null;
  const why = tried.stderr.toString().trim().split("\n").at(-1);
  return `leave to make namespaces, a bridge and cables, which this machine refuses: ${why}`;
}
