/**
 * proofs.bench: what the tree, the state trie and their proofs cost.
 *
 *   bun bench/proofs.bench.ts [smoke|full]
 *
 * Back of the envelope: a node is two SHA-256 blocks, 150 ns with the call. An append is
 * one leaf and one node on average: 0.3 us. A set in the trie is one leaf hash and a walk of about
 * log2(n) nodes: 0.5 us; a root over d changed keys of n costs about d * log2(n / d) + d hashes.
 * Each line ends in a checksum, so that a faster change that alters a root shows itself.
 */
import { Prng } from "../src/base/prng.ts";
import { MerkleLog } from "../src/proofs/merkle-log.ts";
import {
  consistencyProof,
  inclusionProof,
  nodesFromLeaves,
  verifyConsistency,
  verifyInclusion,
} from "../src/proofs/merkle-proof.ts";
import { StateTrie } from "../src/proofs/state-trie.ts";
import { verifyTrieProof } from "../src/proofs/trie-proof.ts";
import { TreeHasher } from "../src/proofs/tree-hash.ts";

const ROUNDS = { smoke: 1, full: 9 };
type Size = keyof typeof ROUNDS;

const RECORD = 152;
const BOOK_KEY = 17;
const ACCOUNT_KEY = 4;
const VALUE = 48;

/** `count` calls in a round; the body returns a checksum of its work. */
interface Bench {
  readonly name: string;
  readonly count: number;
  /** Made anew for every round, and not measured. */
  readonly prepare: () => () => string;
}

export function run(size: Size): void {
  for (const bench of [...logBenches(size), ...trieBenches(size)]) report(bench, ROUNDS[size]);
}

function logBenches(size: Size): Bench[] {
  const appends = size === "full" ? 1_000_000 : 500;
  const leaves = size === "full" ? 4096 : 64;
  const data = new Prng(1).bytes(RECORD);
  const hashes = new Prng(2).bytes(leaves * 32);
  const read = nodesFromLeaves(hashes);
  const root = new MerkleLog();
  for (let i = 0; i < leaves; i++) root.appendHash(hashes, i * 32);
  const head = { size: leaves, root: root.root() };
  const leaf = hashes.slice(32, 64);
  const inclusion = inclusionProof(1, leaves, read);
  const older = { size: 32, root: read(5, 0) };
  const consistency = consistencyProof(32, leaves, read);
  const checks = size === "full" ? 20_000 : 50;
  return [
    { name: "hash a node", count: appends, prepare: () => () => hashNodes(appends) },
    {
      name: "log: append a record of 152 bytes",
      count: appends,
      prepare: () => () => appendAll(new MerkleLog(), data, appends),
    },
    {
      name: `log: verify inclusion, ${inclusion.length} hashes`,
      count: checks,
      prepare: () => () => tally(checks, () => verifyInclusion(leaf, 1, head, inclusion)),
    },
    {
      name: `log: verify consistency, ${consistency.length} hashes`,
      count: checks,
      prepare: () => () => tally(checks, () => verifyConsistency(older, head, consistency)),
    },
  ];
}

function trieBenches(size: Size): Bench[] {
  const churn = size === "full" ? 300_000 : 200;
  const checks = size === "full" ? 20_000 : 50;
  const sizes = size === "full" ? [0, 10_000, 1_000_000] : [0, 100];
  const benches = sizes.map((resting) => churnBench(resting, churn));
  const changed = size === "full" ? 10_000 : 20;
  const accounts = size === "full" ? 100_000 : 200;
  const trie = accountTrie(accounts);
  trie.root();
  const key = new Uint8Array(ACCOUNT_KEY);
  const proof = trie.prove(key);
  const question = { root: trie.root(), key, leafValue: new Uint8Array(VALUE) };
  return [
    ...benches,
    rootBench(accounts, changed),
    {
      name: `trie: verify a proof, ${proof.bits.length} hashes`,
      count: checks,
      prepare: () => () => tally(checks, () => verifyTrieProof(question, proof) === "present"),
    },
  ];
}

/** Sets and deletes of orders that come and go in a book where `resting` others stay. */
function churnBench(resting: number, pairs: number): Bench {
  return {
    name: `trie: set and delete among ${resting} orders`,
    count: pairs,
    prepare: () => {
      const trie = new StateTrie(BOOK_KEY, resting);
      const order = new Order(3);
      for (let i = 0; i < resting; i++) trie.set(order.next(i), order.value);
      trie.root();
      return () => {
        const live: Uint8Array[] = Array.from({ length: 64 }, () => new Uint8Array(BOOK_KEY));
        for (let i = 0; i < pairs; i++) {
          const oldest = live[i & 63]!;
          if (i >= 64) trie.delete(oldest);
          oldest.set(order.next(resting + i));
          trie.set(oldest, order.value);
        }
        return trie.root().toHex();
      };
    },
  };
}

function rootBench(accounts: number, changed: number): Bench {
  return {
    name: `trie: set ${changed} of ${accounts} accounts and hash the root`,
    count: changed,
    prepare: () => {
      const trie = accountTrie(accounts);
      trie.root();
      const prng = new Prng(5);
      const key = new Uint8Array(ACCOUNT_KEY);
      const view = new DataView(key.buffer);
      const value = new Uint8Array(VALUE).fill(9);
      return () => {
        for (let i = 0; i < changed; i++) {
          view.setUint32(0, prng.below(accounts), false);
          value[0] = i;
          trie.set(key, value);
        }
        return trie.root().toHex();
      };
    },
  };
}

function accountTrie(accounts: number): StateTrie {
  const trie = new StateTrie(ACCOUNT_KEY, accounts);
  const key = new Uint8Array(ACCOUNT_KEY);
  const view = new DataView(key.buffer);
  const value = new Uint8Array(VALUE);
  for (let account = 0; account < accounts; account++) {
    view.setUint32(0, account, false);
    trie.set(key, value);
  }
  return trie;
}

/** Keys of a book: market, side, price about a middle, arrival. */
class Order {
  readonly value = new Uint8Array(VALUE);
  private readonly key = new Uint8Array(BOOK_KEY);
  private readonly view = new DataView(this.key.buffer);
  private readonly prng: Prng;

  constructor(seed: number) {
    this.prng = new Prng(seed);
  }

  next(arrival: number): Uint8Array {
    this.view.setUint32(0, this.prng.below(10), false);
    this.view.setUint8(4, this.prng.below(2));
    this.view.setUint32(5, 50_000 + this.prng.below(1000), false);
    this.view.setUint32(13, arrival, false);
    return this.key;
  }
}

function hashNodes(count: number): string {
  const hasher = new TreeHasher();
  const pair = new Uint8Array(64);
  for (let i = 0; i < count; i++) hasher.node(pair, 0, pair, (i & 1) * 32);
  return pair.toHex();
}

function appendAll(log: MerkleLog, data: Uint8Array, count: number): string {
  for (let i = 0; i < count; i++) {
    data[0] = i;
    log.append(data);
  }
  return log.root().toHex();
}

/** How many of `count` calls said yes. */
function tally(count: number, check: () => boolean): string {
  let yes = 0;
  for (let i = 0; i < count; i++) if (check()) yes++;
  return `${yes} yes`;
}

function report(bench: Bench, rounds: number): void {
  const times: number[] = [];
  let checksum = "";
  for (let round = 0; round < rounds; round++) {
    const body = bench.prepare();
    const before = performance.now();
    checksum = body();
    times.push(((performance.now() - before) * 1e6) / bench.count);
  }
  times.sort((a, b) => a - b);
  const median = times[times.length >> 1]!;
  const worst = times[times.length - 1]!;
  const numbers = `${median.toFixed(0).padStart(7)} ns, worst ${worst.toFixed(0).padStart(7)}`;
  console.log(`${bench.name.padEnd(58)} ${numbers}  ${checksum.slice(0, 12)}`);
}

if (import.meta.main) run(process.argv[2] === "full" ? "full" : "smoke");
