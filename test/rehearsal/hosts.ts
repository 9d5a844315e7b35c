/**
 * Hosts: network namespaces as the machines of a fleet, on one bridge. They, the bridge and all
 * cables lie in namespaces of the process that makes them (see main.ts), so that nothing of them
 * outlives it.
 *
 *   bridge "net" 10.64.0.1 --+-- cable "ingress1" -- eth0 10.64.0.11 of the host ingress1
 *                            +-- cable "redis1" ---- eth0 10.64.0.41 of the host redis1 ...
 *
 * A host has a name of its own, so that no process takes another host's for one of its own machine.
 */
import { mkdirSync } from "node:fs";

const NETNS = "/run/netns";
const NET = "10.64.0";

export class Hosts {
  private readonly addresses = new Map<string, string>();

  constructor() {
    mkdirSync(NETNS, { recursive: true });
    run("mount", "-t", "tmpfs", "tmpfs", NETNS);
    ip("link set lo up");
    ip("link add name net type bridge");
    ip(`address add ${NET}.1/24 dev net`);
    ip("link set net up");
  }

  add(name: string, last: number): void {
    const address = `${NET}.${last}`;
    ip(`netns add ${name}`);
    ip(`link add name ${name} type veth peer name eth0 netns ${name}`);
    ip(`link set ${name} master net up`);
    ip(`-n ${name} address add ${address}/24 dev eth0`);
    ip(`-n ${name} link set lo up`);
    ip(`-n ${name} link set eth0 up`);
    this.addresses.set(name, address);
  }

  address(name: string): string {
    const address = this.addresses.get(name);
    if (address === undefined) throw new Error(`there is no host ${name}`);
    return address;
  }

  /** Pulls the cable out of the switch: the host sees no error, nothing comes or leaves. */
  cut(name: string): void {
    ip(`link set ${name} down`);
  }

  join(name: string): void {
    ip(`link set ${name} up`);
  }

  /** A command as it is run there; no process of ours stays between. */
  on(name: string, command: readonly string[]): string[] {
    const named = 'hostname "$0" && exec "$@"';
    return ["ip", "netns", "exec", name, "unshare", "--uts", "sh", "-c", named, name, ...command];
  }
}

function ip(words: string): void {
  run("ip", ...words.split(" "));
}

function run(...command: string[]): void {
  const { success, stderr } = Bun.spawnSync(command, { stdin: "ignore" });
  if (!success) throw new Error(`${command.join(" ")}: ${stderr.toString().trim()}`);
}
