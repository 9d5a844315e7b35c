/**
 * Killed while orders have still some time to live, and back after it: what is due happens with the
 * first tick of the new process, and `clob verify` says yes to all of it, with both engines.
 */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Signer, signerFromSeed } from "../../src/edges/keys.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { VenueProcess } from "../support/venue-process.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-due-restart-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const TICK_MS = 50;
const FIRST_MS = 500;
const PATIENCE_MS = 15_000;
const ROOT = join(import.meta.dir, "..", "..");

type Json = Record<string, unknown>;

interface From {
  readonly kind: number;
  readonly account: number;
  readonly key: number;
  readonly signer: Signer;
}

/** Signs and posts frames of a venue that was just made, of which it knows all nonces. */
class Sender {
  readonly venue: VenueProcess;
  private readonly id: Uint8Array;
  private nonce = 0;

  constructor(venue: VenueProcess, id: string) {
    this.venue = venue;
    this.id = Uint8Array.fromHex(id);
  }

  /** The reports of the frame. */
  async send(from: From, ...commands: readonly Uint8Array[]): Promise<Json[]> {
    const { kind, account, key, signer } = from;
    const shard = kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : 1;
    const nonce = ++this.nonce;
    const header = { kind, shard, venue: this.id, account, key, nonce, expiry: 0 };
    const answer = await fetch(`${this.venue.address.ingress}/v1/frames`, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: signFrame(header, commands, signer.sign),
    });
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { reports: Json[] }).reports;
  }
}

async function ask(venue: VenueProcess, path: string): Promise<Json> {
  const answer = await fetch(`${venue.address.settlement}${path}`);
  return (await answer.json()) as Json;
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const from = performance.now();
  while (!(await isSo())) {
    if (performance.now() - from > PATIENCE_MS) throw new Error(`waited in vain: ${what}`);
    await Bun.sleep(20);
  }
}

/** A trader with money: account 1, key 2 of a venue of one operator key. */
async function openTrader(sender: Sender): Promise<From> {
  const operator = { account: 0, key: 1, signer: sender.venue.operator };
  const signer = signerFromSeed(new Uint8Array(32).fill(77));
  const open = encode.encodeKey(
    codes.COMMAND_ACCOUNT_OPEN,
    signer.publicKey,
    codes.SCOPES_TRADER,
    0,
  );
  const [opened] = await sender.send({ ...operator, kind: codes.FRAME_DIRECTORY }, open);
  const { opened_account: account, key } = opened ?? {};
  const deposit = encode.encodeDeposit(1, Number(account), 1_000_000_000_000, 1);
  await sender.send({ ...operator, kind: codes.FRAME_OPERATOR }, deposit);
  return { kind: codes.FRAME_TRADER, account: Number(account), key: Number(key), signer };
}

/** An order in the book and a stop that waits, good till the same time; their ids. */
async function placeTwo(sender: Sender, trader: From): Promise<{ ids: string[]; till: number }> {
  for (let ms = FIRST_MS; ; ms *= 2) {
    const till = (Date.now() + ms) * 1000;
    const order = {
      market: 1,
      side: codes.SIDE_BUY,
      type: codes.TYPE_LIMIT,
      tif: codes.TIF_GTD,
      clientOrderId: 1n,
      price: 6_000_000,
      quantity: 10,
      stp: codes.STP_NONE,
      postOnly: codes.POST_ONLY_OFF,
      goodTill: till,
    };
    const stop = { type: codes.TYPE_STOP, stopPrice: 6_100_000, clientOrderId: 2n };
    const reports = await sender.send(
      trader,
      encode.encodeNewOrder(order),
      encode.encodeNewOrder({ ...order, ...stop }),
    );
    if (reports[0]?.["kind"] !== "accepted") continue;
    return { ids: reports.map((report) => String(report["order_id"])), till };
  }
}

async function clob(...args: readonly string[]): Promise<string> {
  const child = Bun.spawn([process.execPath, "src/cli/main.ts", ...args], {
    cwd: ROOT,
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = await new Response(child.stdout).text();
  const complaint = await new Response(child.stderr).text();
  expect([await child.exited, complaint]).toEqual([0, complaint]);
  return said;
}

test("orders expire after a kill, and a stranger agrees", async () => {
  await using venue = await VenueProcess.start({ flags: [`--log-tick-ms=${TICK_MS}`] });
  const status = await ask(venue, "/v1/status");
  const sender = new Sender(venue, String(status["venue"]));
  const trader = await openTrader(sender);
  const { ids, till } = await placeTwo(sender, trader);
  await venue.kill();
  while (Date.now() * 1000 <= till) await Bun.sleep(5);
  await venue.launch();

  for (const id of ids) {
    const path = `/v1/orders/${id}`;
    await until(`${path} is over`, async () => (await ask(venue, path))["state"] === "canceled");
    expect(await ask(venue, path)).toMatchObject({ reason: "expired", filled: "0.0000" });
  }
  const account = await ask(venue, `/v1/accounts/${trader.account}`);
  expect(account).toMatchObject({ open_orders: 0, balances: [{ held: "0.000000" }] });
  const position = Number(account["position"]);
  const covers = async (): Promise<boolean> => {
    const { position: covered } = await ask(venue, "/v1/checkpoints/latest");
    return Number(covered) >= position;
  };
  await until("a checkpoint covers it", covers);
  const out = join(dir, "export");
  await clob("export", out, "--config", "config.toml", "--data", venue.dir);
  for (const engine of ["fast", "naive"]) {
    const id = String(status["venue"]);
    const verdict = await clob("verify", out, "--venue", id, "--engine", engine, "-o", "json");
    expect(JSON.parse(verdict)).toMatchObject({ ok: true });
  }
}, 60_000);
