/**
 * OperatorDesk: what a load run asks of an operator: accounts with two keys, a market, funds.
 * Whatever is there already is taken as it is, so that an interrupted run can ask again.
 */
import { parseDecimal } from "../base/decimal.ts";
import { ClientError } from "../client/errors.ts";
import type { HttpClient } from "../client/http.ts";
import type { AssetTotalsJson } from "../client/http-json.ts";
import { OperatorClient } from "../client/operator.ts";
import type { Signer } from "../edges/keys.ts";
import * as codes from "../protocol/codes.ts";
import { encodeKey } from "../protocol/commands.ts";
import { signFrame } from "../protocol/frame.ts";
import { replayMarket } from "./replay-market.ts";

/** Who signs frames of an account. */
export interface DeskKey {
  readonly account: number;
  readonly key: number;
  readonly signer: Signer;
}

export interface DeskPlace {
  readonly venue: Uint8Array;
  readonly shard: number;
}

const TRIES_MAX = 64;
const ASSETS_WAIT_MS = 50;

export class OperatorDesk {
  readonly place: DeskPlace;
  private readonly http: HttpClient;
  private readonly operator: OperatorClient;
  private reference = 0;

  /** `signer` must be an operator's; the shard is the lowest, or the one that `http` names. */
  static async open(http: HttpClient, signer: Signer): Promise<OperatorDesk> {
    const status = await http.status();
    const shard = http.shard ?? status.shards[0]?.shard ?? 1;
    const place = { venue: Uint8Array.fromHex(status.venue), shard };
    return new OperatorDesk(http, place, new OperatorClient(http, signer));
  }

  private constructor(http: HttpClient, place: DeskPlace, operator: OperatorClient) {
    this.http = http;
    this.place = place;
    this.operator = operator;
  }

  /** The account that this key opened, now or before. */
  async openAccount(signer: Signer): Promise<DeskKey> {
    const known = await this.http.keyOwner(signer.publicKey);
    if (known !== null) return { account: known.account, key: known.key, signer };
    const terms = { scopes: codes.SCOPES_TRADER };
    return { ...(await this.operator.openAccount(signer.publicKey, terms)), signer };
  }

  /** One more key for the account of `by`, which signs for it. */
  async addKey(signer: Signer, by: DeskKey): Promise<DeskKey> {
    const { account, key } = by;
    const known = await this.http.keyOwner(signer.publicKey);
    if (known !== null) return { account, key: known.key, signer };
    const { venue } = this.place;
    const scopes = codes.SCOPES_TRADER;
    const command = encodeKey(codes.COMMAND_KEY_ADD, signer.publicKey, scopes, 0);
    const where = { kind: codes.FRAME_DIRECTORY, shard: codes.SHARD_DIRECTORY, venue };
    for (let nonce = 1; ; nonce++) {
      const header = { ...where, account, key, nonce, expiry: 0 };
      const frame = signFrame(header, [command], (message) => by.signer.sign(message));
      try {
        const { reports } = await this.http.postFrame(frame);
        return { account, key: Number(reports[0]?.["key"]), signer };
      } catch (error) {
        // An interrupted run may have used it.
        if (!hasCode(error, "duplicate") || nonce >= TRIES_MAX) throw error;
      }
    }
  }

  /** The id of the market with this symbol, opened if it is not there; ids follow the highest. */
  async openMarket(symbol: string): Promise<number> {
    const markets = await this.http.markets();
    const known = markets.find((market) => market.symbol === symbol);
    if (known !== undefined) return known.id;
    const { base, quote } = await this.assets();
    const highest = markets.reduce((most, { id }) => Math.max(most, id), 0);
    for (let tries = 1; ; tries++) {
      const market = highest + tries;
      try {
        const terms = { market, base: base.id, quote: quote.id, symbol };
        await this.operator.openMarket(replayMarket(terms));
        return market;
      } catch (error) {
        // Somebody else has opened one, and settlement did not know yet.
        if (!hasCode(error, "market_exists") || tries >= TRIES_MAX) throw error;
      }
    }
  }

  /** The two assets that replays are paid in: the lowest is the quote. */
  async assets(): Promise<{ quote: AssetTotalsJson; base: AssetTotalsJson }> {
    for (let tries = 1; ; tries++) {
      const [quote, base] = await this.http.assets();
      if (quote !== undefined && base !== undefined) return { quote, base };
      // Behind a start settlement has not read genesis yet.
      await new Promise((resolve) => setTimeout(resolve, ASSETS_WAIT_MS));
      if (tries < TRIES_MAX) continue;
      throw new ClientError({ code: "assets", message: "this venue has less than two assets" });
    }
  }

  /** Brings what the account owns of the asset up to `amount` units. */
  async fund(account: number, asset: AssetTotalsJson, amount: number): Promise<void> {
    const owned = await this.ownedBy(account, asset);
    const wanted = amount - owned;
    if (wanted <= 0) return;
    const room = codes.AMOUNT_MAX - unitsOf(asset.deposits, asset.decimals);
    if (wanted > room) {
      const message = `${wanted} units of ${asset.symbol} are wanted, ${room} can be deposited yet`;
      throw new ClientError({ code: "deposits_max", message, stated: wanted, limit: room });
    }
    await this.deposit(account, asset.id, wanted);
  }

  private async ownedBy(account: number, asset: AssetTotalsJson): Promise<number> {
    try {
      const { balances } = await this.http.account(account);
      const balance = balances.find((row) => row.asset === asset.id);
      return balance === undefined ? 0 : unitsOf(balance.total, asset.decimals);
    } catch (error) {
      // Settlement has not come so far: the account is new.
      if (hasCode(error, "unknown_account")) return 0;
      throw error;
    }
  }

  /** The reject of a used reference states the last one, so the second try is right. */
  private async deposit(account: number, asset: number, amount: number): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.operator.deposit({ asset, account, amount, reference: ++this.reference });
        return;
      } catch (error) {
        if (!hasCode(error, "reference") || tries >= TRIES_MAX) throw error;
        if (error.limit !== null) this.reference = error.limit;
      }
    }
  }
}

function hasCode(error: unknown, code: string): error is ClientError {
  return error instanceof ClientError && error.code === code;
}

function unitsOf(text: string, decimals: number): number {
  const units = parseDecimal(text, decimals);
  return typeof units === "number" ? units : codes.AMOUNT_MAX;
}
