/**
 * RedisNode: one simulated Redis server, turn by turn as its event loop goes.
 *
 *   inbox -> run all -> serve blocked readers -> feed replicas -> write, sync -> replies leave
 *
 * Whatever the process is killed between, the file is what it would be. Replies leave last.
 */
import { Refusal } from "./keyspace.ts";
import { type Condition, RedisCommands } from "./redis-commands.ts";
import { RedisFile, replay, type SyncPolicy, type Transaction } from "./redis-file.ts";
import { infoOf } from "./redis-info.ts";
import {
  type Answer,
  readingOf,
  replicationOf,
  type Request,
  type Waiting,
} from "./redis-waits.ts";
import { type Arg, sizeOfEffects, textOf } from "./resp.ts";
import { scriptName } from "./script-models.ts";
import type { ServerEnd } from "./server-end.ts";
import { MS, type Process, SECOND, START_US, type World } from "./world.ts";

/** From a primary to one replica. */
interface Follower {
  readonly node: RedisNode;
  acknowledged: number;
  /** When what is sent last arrives. */
  arrival: number;
}

export type NodeTimes = Readonly<Record<"turnUs" | "syncUs", number>>;

const UNBLOCKED = "UNBLOCKED force unblock from blocking operation, instance state changed";

export class RedisNode {
  readonly name: string;
  process: Process;
  isUp = false;
  /** Not scheduled by its kernel until then. */
  stalledUntil = 0;
  loadingUntil = 0;
  /** Its clock against true time, microseconds. */
  clockOffset = 0;
  /** Microseconds until a replica has what was sent to it. */
  lagUs = 200;
  offset = 0;
  onTurn: () => void = () => undefined;
  /** Told which script has changed something, before replicas get it. */
  onWrite: (what: string, args: readonly Arg[]) => void = () => undefined;
  /** Called where a crash makes a difference. */
  onEffect: (what: string) => void = () => undefined;
  readonly condition: Condition;
  readonly commands: RedisCommands;
  readonly file = new RedisFile();
  private readonly world: World;
  private readonly policy: SyncPolicy;
  private readonly times: NodeTimes;
  private inbox: Request[] = [];
  /** The offset at which those who wait were served last; NaN if they must be served again. */
  private servedAt = Number.NaN;
  private waiting: Waiting[] = [];
  private followers: Follower[] = [];
  readonly ends = new Set<ServerEnd>();
  private isTurning = false;
  private runs = 0;

  constructor(world: World, name: string, policy: SyncPolicy, times: NodeTimes) {
    this.world = world;
    this.name = name;
    this.policy = policy;
    this.times = times;
    this.process = world.spawn(name);
    this.condition = {
      isReplica: false,
      memory: 0,
      isMisconfigured: false,
      micros: () => START_US + world.now + this.clockOffset,
      info: () => infoOf(this.condition, this.followers.length, policy),
      config: () => ["appendfsync", policy, "no-appendfsync-on-rewrite", "no"],
    };
    this.commands = new RedisCommands(this.condition);
  }

  start(loadUs: number): void {
    this.process = this.world.spawn(`${this.name}.${++this.runs}`);
    this.isUp = true;
    this.commands.keyspace = this.file.load();
    this.commands.forgetScripts();
    this.loadingUntil = this.world.now + loadUs;
    this.world.say(this.name, `starts with ${this.commands.keyspace.size} entries`);
    if (this.policy === "everysec") this.syncLater();
  }

  /** `power`: its host goes down with it, and nobody hears of it. */
  stop(why: string, power: boolean): void {
    if (!this.isUp) return;
    this.isUp = false;
    this.world.kill(this.process, why);
    if (this.policy === "none") this.file.loseAll();
    else if (power) this.file.loseCache(this.process.prng);
    else this.file.loseBuffer(this.process.prng);
    this.inbox = [];
    this.waiting = [];
    this.commands.effects = [];
    this.isTurning = false;
    for (const end of this.ends) if (!power) end.cut();
    this.ends.clear();
    for (const { node } of this.followers) node.condition.isReplica = true;
    this.followers = [];
  }

  accept(end: ServerEnd): void {
    this.ends.add(end);
  }

  request(from: ServerEnd, args: readonly Arg[], answer: Answer): void {
    if (!this.isUp) return;
    this.inbox.push({ from, args, answer });
    this.wake();
  }

  /** Everything that `node` holds is replaced by what is here; from now on it follows. */
  follow(node: RedisNode): void {
    this.leave(node);
    node.condition.isReplica = true;
    node.unblock();
    node.commands.keyspace = this.commands.keyspace.copy();
    node.offset = this.offset;
    node.file.rewrite(node.commands.keyspace);
    this.followers.push({ node, acknowledged: this.offset, arrival: this.world.now });
    this.world.say(this.name, `is followed by ${node.name} from ${this.offset}`);
  }

  leave(node: RedisNode): void {
    this.followers = this.followers.filter((one) => one.node !== node);
    this.servedAt = Number.NaN;
  }

  /** REPLICAOF NO ONE. */
  promote(): void {
    this.condition.isReplica = false;
    this.world.say(this.name, `is primary at ${this.offset}`);
  }

  /** The node where this one's changes go, if any. */
  get replicas(): readonly RedisNode[] {
    return this.followers.map(({ node }) => node);
  }

  private unblock(): void {
    const why = new Refusal(UNBLOCKED);
    for (const { from, answer } of this.waiting.splice(0)) if (from.isOpen) answer(why);
  }

  private wake(): void {
    if (this.isTurning) return;
    this.isTurning = true;
    const delay = Math.max(0, this.stalledUntil - this.world.now);
    this.world.at(delay + this.times.turnUs, this.process, "", () => this.turn());
  }

  private turn(): void {
    if (this.stalledUntil > this.world.now) {
      this.world.at(this.stalledUntil - this.world.now, this.process, "", () => this.turn());
      return;
    }
    const replies: (() => void)[] = [];
    const before = this.offset;
    for (const request of this.inbox.splice(0)) this.run(request, replies);
    this.serve(replies);
    // What has changed nothing has nothing to write or to sync.
    if (this.offset === before) {
      this.reply(replies);
      return;
    }
    const isSynced = this.policy === "always";
    this.onTurn();
    this.onEffect("has run, and not written");
    this.world.at(isSynced ? this.times.syncUs : 1, this.process, "", () => {
      if (this.policy !== "none") this.file.write();
      this.onEffect("has written, and not synced");
      if (!this.isUp) return;
      if (isSynced) this.file.sync();
      this.onEffect("has synced, and not replied");
      if (this.isUp) this.reply(replies);
    });
  }

  private reply(replies: readonly (() => void)[]): void {
    this.isTurning = false;
    for (const reply of replies) reply();
    if (this.inbox.length > 0) this.wake();
  }

  private run(request: Request, replies: (() => void)[]): void {
    const { args, answer } = request;
    const name = textOf(args[0]!);
    try {
      if (this.loadingUntil > this.world.now) {
        throw new Refusal("LOADING Redis is loading the dataset in memory");
      }
      if (name === "XREAD") this.wait(readingOf(request, this.commands, this.world.now));
      else if (name === "WAIT") this.wait(this.replication(request));
      else {
        const reply = this.commands.run(args);
        replies.push(() => answer(reply));
      }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      replies.push(() => answer(error));
    }
    this.propagate(request);
  }

  /** One transaction to file and replicas. */
  private propagate({ from, args }: Request): void {
    const effects = this.commands.effects.splice(0);
    if (effects.length === 0) return;
    this.onWrite(scriptName(textOf(args[1]!)), args);
    const transaction = { effects, size: sizeOfEffects(effects) };
    if (this.policy !== "none") this.file.append(transaction);
    this.offset += transaction.size;
    from.offset = this.offset;
    for (const follower of this.followers) this.feed(follower, transaction);
  }

  private feed(follower: Follower, transaction: Transaction): void {
    const { offset, world } = this;
    const { node } = follower;
    follower.arrival = Math.max(follower.arrival, world.now + node.lagUs);
    world.at(follower.arrival - world.now, node.process, "", () => {
      if (!this.followers.includes(follower)) return;
      replay(node.commands.keyspace, transaction.effects);
      node.file.append(transaction);
      node.file.write();
      node.offset = offset;
      node.lookAgain();
      world.at(Math.min(node.lagUs, MS), this.process, "", () => {
        follower.acknowledged = offset;
        this.lookAgain();
      });
    });
  }

  private lookAgain(): void {
    this.servedAt = Number.NaN;
    if (this.waiting.length > 0) this.wake();
  }

  private wait(waiting: Waiting): void {
    this.waiting.push(waiting);
    this.world.at(waiting.until - this.world.now, this.process, "", () => this.lookAgain());
  }

  private serve(replies: (() => void)[]): void {
    const isSame = this.offset === this.servedAt;
    this.servedAt = this.offset;
    this.waiting = this.waiting.filter((one) => {
      if (!one.from.isOpen) return false;
      // Nothing has come since it was looked for.
      if (isSame && one.isAsleep && this.world.now < one.until) return true;
      one.isAsleep = true;
      const found = one.look();
      if (found === null && this.world.now < one.until) return true;
      const reply = found ?? one.late();
      replies.push(() => one.answer(reply));
      return false;
    });
  }

  private replication(request: Request): Waiting {
    if (this.condition.isReplica) {
      throw new Refusal("ERR WAIT cannot be used with replica instances.");
    }
    const { offset } = request.from;
    const held = (): number =>
      this.followers.filter(({ acknowledged }) => acknowledged >= offset).length;
    return replicationOf(request, held, this.world.now);
  }

  private syncLater(): void {
    this.world.at(SECOND, this.process, "", () => {
      this.file.sync();
      this.syncLater();
    });
  }
}
