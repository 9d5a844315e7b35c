/**
 * OperatorClient: what operators do, over HTTP: signed frames of account 0 through ingress.
 *
 * Key id and nonces come from settlement; an answer that says where the nonce stands beats it. A
 * frame whose outcome is not known is handed in again, the same bytes; a duplicate then leaves it
 * unknown, and a deposit's reference makes sure that trying again cannot pay twice.
 */
import type { Signer } from "../edges/keys.ts";
import * as codes from "../protocol/codes.ts";
import * as commands from "../protocol/commands.ts";
import { signFrame } from "../protocol/frame.ts";
import { encodeUpgrade, type Upgrade } from "../protocol/governing.ts";
import { ClientError, unknownOutcome } from "./errors.ts";
import type { HttpClient } from "./http.ts";
import type { ReportJson } from "./http-json.ts";

interface Desk {
  readonly venue: Uint8Array;
  readonly shard: number;
  readonly key: number;
}

const TRIES_MAX = 5;
const PAUSE_MS = 100;
const NONCE_CODES: readonly string[] = ["duplicate", "nonce_too_old", "nonce_too_far"];

export class OperatorClient {
  private readonly http: HttpClient;
  private readonly signer: Signer;
  private desk: Desk | null = null;
  private nonceHigh = 0;

  constructor(http: HttpClient, signer: Signer) {
    this.http = http;
    this.signer = signer;
  }

  /** The ids that the venue gave to a new account and its first key. */
  async openAccount(
    publicKey: Uint8Array,
    terms: { readonly scopes: number; readonly expiry?: number },
  ): Promise<{ account: number; key: number }> {
    const type = codes.COMMAND_ACCOUNT_OPEN;
    const command = commands.encodeKey(type, publicKey, terms.scopes, terms.expiry ?? 0);
    const report = await this.one(codes.FRAME_DIRECTORY, command);
    return { account: Number(report["opened_account"]), key: Number(report["key"]) };
  }

  /** `reference` must rise from deposit to deposit; the same one never pays twice. */
  deposit(terms: {
    readonly asset: number;
    readonly account: number;
    readonly amount: number;
    readonly reference: number;
  }): Promise<ReportJson> {
    const { asset, account, amount, reference } = terms;
    const command = commands.encodeDeposit(asset, account, amount, reference);
    return this.one(codes.FRAME_OPERATOR, command);
  }

  openAsset(asset: number, decimals: number, symbol: string): Promise<ReportJson> {
    return this.one(codes.FRAME_OPERATOR, commands.encodeAssetOpen(asset, decimals, symbol));
  }

  /** One market, or a range of them. */
  openMarket(rules: commands.MarketRules): Promise<ReportJson> {
    return this.one(codes.FRAME_OPERATOR, commands.encodeMarketOpen(rules));
  }

  /** From now on funds may go to that shard and come from it. */
  openShard(shard: number): Promise<ReportJson> {
    return this.one(codes.FRAME_OPERATOR, commands.encodeShardOpen(shard));
  }

  /** From that position on another version of the rules governs. */
  upgrade(to: Upgrade): Promise<ReportJson> {
    return this.one(codes.FRAME_OPERATOR, encodeUpgrade(to));
  }

  /** `state`: one of STATE_OPEN .. STATE_CLOSED. */
  setMarketState(market: number, state: number): Promise<ReportJson> {
    return this.one(codes.FRAME_OPERATOR, commands.encodeMarketState(market, state));
  }

  suspend(account: number, isSuspended: boolean): Promise<ReportJson> {
    const command = commands.encodeAccountState(account, isSuspended ? 1 : 0);
    return this.one(codes.FRAME_OPERATOR, command);
  }

  /** Commands of one frame; each report says by `index` which command it is about. */
  async send(kind: number, list: readonly Uint8Array[]): Promise<readonly ReportJson[]> {
    const desk = (this.desk ??= await this.open());
    for (let tries = 1; ; tries++) {
      const frame = this.sign(desk, kind, list);
      try {
        const { reports } = await this.post(frame);
        return reports;
      } catch (error) {
        const isNonce = error instanceof ClientError && NONCE_CODES.includes(error.code);
        if (!isNonce || tries === TRIES_MAX) throw error;
        await this.learnNonce(error, desk);
      }
    }
  }

  /** Throws the reject of a frame's only command; else gives the last report. */
  private async one(kind: number, command: Uint8Array): Promise<ReportJson> {
    const reports = await this.send(kind, [command]);
    const report = reports.at(-1);
    if (report === undefined) throw unknownOutcome("ingress gave no report of the frame");
    if (report["kind"] === "rejected") throw rejected(report);
    return report;
  }

  private async open(): Promise<Desk> {
    const status = await this.http.status();
    const owner = await this.http.keyOwner(this.signer.publicKey);
    if (owner === null || owner.account !== 0) {
      const message = "this key is no operator's key at this venue";
      throw new ClientError({ code: "unknown_key", message });
    }
    this.nonceHigh = Math.max(this.nonceHigh, owner.nonce_high);
    const shard = this.http.shard ?? status.shards[0]?.shard ?? 1;
    return { venue: Uint8Array.fromHex(status.venue), shard, key: owner.key };
  }

  private sign(desk: Desk, kind: number, list: readonly Uint8Array[]): Uint8Array {
    const shard = kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : desk.shard;
    const { venue, key } = desk;
    const nonce = ++this.nonceHigh;
    const header = { kind, shard, venue, account: 0, key, nonce, expiry: 0 };
    return signFrame(header, list, (message) => this.signer.sign(message));
  }

  /** The same bytes until there is an answer. */
  private async post(frame: Uint8Array) {
    for (let tries = 1; ; tries++) {
      try {
        return await this.http.postFrame(frame);
      } catch (error) {
        if (!(error instanceof ClientError)) throw error;
        const isUnknown = error.code === "unknown_outcome";
        if (tries > 1 && error.code === "duplicate") {
          throw unknownOutcome("the answer was lost, and the nonce is used by now: look and see");
        }
        if (!isUnknown || tries === TRIES_MAX) throw error;
        await pause(PAUSE_MS);
      }
    }
  }

  private async learnNonce(error: ClientError, desk: Desk): Promise<void> {
    if (error.code === "duplicate" && error.limit !== null) {
      this.nonceHigh = Math.max(this.nonceHigh, error.limit);
      return;
    }
    // Settlement follows the matcher by a moment.
    await pause(PAUSE_MS);
    const { keys } = await this.http.account(0);
    const known = keys.find(({ key }) => key === desk.key)?.nonce_high ?? 0;
    this.nonceHigh = error.code === "nonce_too_far" ? known : Math.max(this.nonceHigh, known);
  }
}

function rejected(report: ReportJson): ClientError {
  const code = Number(report["code"]);
  const { name, says, retry } = codes.rejectCode(code);
  const stated = Number(report["stated"] ?? 0);
  const limit = Number(report["limit"] ?? 0);
  const numbers = stated === 0 && limit === 0 ? "" : ` (${stated}, ${limit})`;
  const message = `${name}: ${says}${numbers}`;
  return new ClientError({ code: name, message, retryable: retry, stated, limit });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
