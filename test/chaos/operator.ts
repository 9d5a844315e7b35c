/**
 * Operator: what the operator of a round does with `clob`, from where all can be reached.
 *
 *   fence     halts a shard by hand: nothing is appended any more but a Clear
 *   lift      signs that Clear, again and again until it is known to be taken
 *   restore   when the log is lost: all stops, it is made anew from the export, all starts again
 */
import type { Prng } from "../../src/base/prng.ts";
import { clob, type Said } from "../cli/capture.ts";
import { ColdReplay } from "./cold-replay.ts";
import type { Service } from "./fleet.ts";
import { headOf, whole } from "./export-head.ts";
import type { Copy } from "./log-copy.ts";
import { shardsOf } from "./opening.ts";
import { dataOf, SHARED, type Stand } from "./stand.ts";
import { join } from "node:path";

const TRY_MS = 200;
const LIFT_MS = 90_000;
const READY_MS = 60_000;
/** A step of the export comes every ten seconds of log time. */
const ARCHIVED_MS = 60_000;

/** What every command is told, for the data directory of one service. */
export function envOf({ dir, opened, nodes, setup }: Stand, data: string): Record<string, string> {
  return {
    CLOB_CONFIG: opened.configPath,
    CLOB_DATA: data,
    ...(setup.sharesExport ? { CLOB_EXPORT_DIR: join(dir, SHARED) } : {}),
    CLOB_LOG: "redis",
    REDIS_ADDR: `127.0.0.1:${nodes.port}`,
    CLOB_INGRESS_SLOT: "audit",
  };
}

interface Fenced {
  readonly shard: number;
  /** Tip of `in` behind it. */
  readonly tip: number;
}

export class Operator {
  private readonly stand: Stand;
  private readonly prng: Prng;
  private readonly wait: (ms: number) => Promise<void>;
  private lifting: Promise<string> = Promise.resolve("");

  constructor(stand: Stand, wait: (ms: number) => Promise<void>) {
    this.stand = stand;
    this.prng = stand.prng;
    this.wait = wait;
  }

  /** And begins to lift it after a while, whatever goes wrong meanwhile. */
  async fence(): Promise<void> {
    const { stand, prng } = this;
    const shard = prng.pick(shardsOf(stand.setup));
    stand.fleet.isFenced = true;
    stand.timeline.did("fence", `shard ${shard}`);
    const said = await this.command(["admin", "fence", "a drill", "--shard", `${shard}`]);
    if (said.code !== 0) throw new Error(`clob admin fence: ${said.err}`);
    const tip = (await stand.nodes.tips(stand.nodes.primary)).get(shard) ?? 0;
    stand.timeline.say(`shard ${shard} is fenced behind record ${tip}`);
    this.lifting = this.wait(prng.between(200, 2000)).then(() => this.lift({ shard, tip }));
  }

  /** "" once it is lifted, or there was none; else what was wrong. */
  lifted(): Promise<string> {
    return this.lifting;
  }

  private async lift({ shard, tip }: Fenced): Promise<string> {
    const { fleet, nodes, timeline } = this.stand;
    const untilMs = performance.now() + LIFT_MS;
    let why = "";
    for (let tries = 1; performance.now() < untilMs; tries++) {
      // Each Clear that was refused is a record, and nothing else may be one.
      const now = (await nodes.tips(nodes.primary).catch(() => null))?.get(shard) ?? tip;
      const isHalted = await nodes.ask(nodes.primary, "HEXISTS", `ctl:{${shard}}`, "halted");
      if (isHalted === "1" && now >= tip + tries) {
        return `shard ${shard} was fenced behind ${tip}, and its log has grown to ${now}`;
      }
      const said = await this.clear(shard, fleet);
      const isOver = said.code === 0 || said.err.includes(`shard ${shard} is not halted`);
      if (isOver) {
        timeline.say(`the fence of shard ${shard} is lifted, by ${tries} tries`);
        return "";
      }
      why = said.err;
      await Bun.sleep(TRY_MS);
    }
    return `the fence of shard ${shard} can't be lifted: ${why}`;
  }

  private clear(shard: number, fleet: Stand["fleet"]): Promise<Said> {
    const settlement = this.prng.pick(fleet.ofRole("settlement"));
    const ingress = this.prng.pick(fleet.ofRole("ingress"));
    const words = ["admin", "clear", "--yes", "--shard", `${shard}`, "--timeout", "5000"];
    const url = ({ http }: Service): string => `http://127.0.0.1:${http}`;
    const where = ["--settlement", url(settlement), "--ingress", url(ingress)];
    const key = ["--operator", join(this.stand.opened.keysDir, "operator.pem")];
    return this.command([...words, ...where, ...key]);
  }

  /** How far the export goes, once it has begun. */
  async archived(): Promise<number> {
    const untilMs = performance.now() + ARCHIVED_MS;
    while (performance.now() < untilMs) {
      const far = await this.archivedNow();
      if (far > 1) return far;
      await Bun.sleep(TRY_MS);
    }
    throw new Error(`nothing is exported after ${ARCHIVED_MS / 1000} s`);
  }

  /** The farthest that any settlement says is at D4; 0 if none says anything. */
  async archivedNow(): Promise<number> {
    const all = await Promise.allSettled(this.stand.https.map((http) => http.status()));
    const said = all.map((one) => {
      if (one.status === "rejected") return 0;
      return Math.max(0, ...one.value.shards.map((shard) => shard.export?.archived_position ?? 0));
    });
    return Math.max(0, ...said);
  }

  /** `mirror`: the log just before. What was wrong, or "" when all has started again. */
  async restore(mirror: Copy, archived: number): Promise<string> {
    const { stand } = this;
    const lost = await whole(stand, mirror);
    const { fleet, nodes, timeline } = stand;
    await fleet.retireAll();
    const keys = ["in", "ex", "ctl", "dur"].map((role) => `${role}:{${lost.shard}}`);
    await nodes.ask(nodes.primary, "DEL", ...keys);
    let position = 0;
    for (const service of fleet.services.values()) {
      const words = ["restore", "--shard", `${lost.shard}`, "--venue", stand.opened.venueId];
      const said = await this.command([...words, "-o", "json"], dataOf(stand, service));
      if (said.code !== 0) return `clob restore for ${service.name}: ${said.out}${said.err}`;
      position = Number(JSON.parse(said.out).position);
    }
    timeline.say(`restored up to ${position}; archived was ${archived}, the end ${lostTip(lost)}`);
    if (position < archived) return `restored up to ${position}, and ${archived} were archived`;
    const wrong = await this.compareHead(lost, position);
    if (wrong !== "") return wrong;
    const before = new ColdReplay(lost);
    for (const trader of stand.traders) trader.forget(before, position);
    stand.custodian.payAgain();
    fleet.startAgain();
    const serving = [...fleet.services.values()].filter(({ isOut }) => !isOut);
    for (const one of serving) {
      if (await fleet.untilReady(one, READY_MS)) continue;
      return `${one.name} is not ready behind the restore: ${one.said(true).slice(-400)}`;
    }
    for (const trader of stand.traders) trader.start();
    return "";
  }

  /** What was restored is what was there, byte for byte. */
  private async compareHead(lost: Copy, position: number): Promise<string> {
    const head = await headOf(join(this.stand.dir, SHARED), lost.shard, position);
    const there = lost.records.subarray(0, head.length);
    return Buffer.compare(head, there) === 0 ? "" : "the export has other records than the log had";
  }

  private command(words: string[], data = join(this.stand.dir, "data", "operator")): Promise<Said> {
    const keys = ["--venue-keys-dir", this.stand.opened.keysDir];
    const takesConfig = words[0] === "restore" || words[1] === "fence";
    return clob([...words, ...(takesConfig ? keys : [])], envOf(this.stand, data));
  }
}

function lostTip({ from, records, tip }: Copy): string {
  return records.length === 0 ? "nothing" : `${from === 1 ? tip : `${from} to ${tip}`}`;
}
