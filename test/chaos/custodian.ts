/**
 * Custodian: pays money in while things go wrong, over HTTP with the operator's key, each payment
 * under a reference of its own, again and again until it is known to have arrived. Whatever
 * happens on the way, each arrives once.
 */
import type { Prng } from "../../src/base/prng.ts";
import { ClientError } from "../../src/client/errors.ts";
import { HttpClient, type HttpOptions } from "../../src/client/http.ts";
import { OperatorClient } from "../../src/client/operator.ts";
import type { Signer } from "../../src/edges/keys.ts";
import { ASSETS } from "./opening.ts";

export interface CustodianParts {
  readonly http: HttpOptions;
  readonly operator: Signer;
  readonly accounts: number;
  readonly gapMs: number;
  readonly prng: Prng;
  /** Above all that were used before; that of a round, if absent. */
  readonly firstReference?: number;
}

type Payment = Parameters<OperatorClient["deposit"]>[0];

/** Above all that the opening used. */
const FIRST_REFERENCE = 1000;
const AMOUNT_MAX = 1_000_000;
const AGAIN_MS = 100;

export class Custodian {
  /** Units by asset of all payments that have arrived. */
  readonly paid = new Map<number, bigint>(ASSETS.map((asset) => [asset, 0n]));
  payments = 0;
  /** How often a payment was tried again. */
  retries = 0;
  private readonly parts: CustodianParts;
  private isDone = false;
  private isOver = false;
  private isBusy = false;
  private isWorking = false;
  private readonly history: Payment[] = [];
  /** Of a log that is lost: whether they are there has to be found out, in order. */
  private doubtful: Payment[] = [];

  constructor(parts: CustodianParts) {
    this.parts = parts;
  }

  start(): void {
    this.isWorking = true;
    void this.work().finally(() => (this.isWorking = false));
  }

  /** The log was made anew: each payment once more, under its own reference, before any new one. */
  payAgain(): void {
    this.doubtful = [...this.history];
    this.isDone = false;
    if (!this.isWorking) this.start();
  }

  /** Pays nothing new. */
  finish(): void {
    this.isDone = true;
  }

  stop(): void {
    this.isOver = this.isDone = true;
  }

  get lacks(): string {
    return this.isBusy ? `payment ${this.payments + 1} is not known to be there` : "";
  }

  private async work(): Promise<void> {
    const { prng, accounts, gapMs, firstReference = FIRST_REFERENCE } = this.parts;
    while (!this.isDone) {
      this.isBusy = true;
      await this.payDoubtful();
      const terms = {
        asset: prng.pick(ASSETS),
        account: prng.between(1, accounts),
        amount: prng.between(1, AMOUNT_MAX),
        reference: firstReference + this.payments,
      };
      while (!this.isOver && !(await this.arrives(terms))) {
        this.retries++;
        await Bun.sleep(AGAIN_MS);
        await this.payDoubtful();
      }
      if (this.isOver) return;
      this.history.push(terms);
      const { asset, amount } = terms;
      this.paid.set(asset, (this.paid.get(asset) ?? 0n) + BigInt(amount));
      this.payments++;
      this.isBusy = false;
      await Bun.sleep(prng.below(gapMs));
    }
  }

  private async payDoubtful(): Promise<void> {
    while (!this.isOver) {
      const [next] = this.doubtful;
      if (next === undefined) return;
      if (await this.arrives(next)) this.doubtful.shift();
      else await Bun.sleep(AGAIN_MS);
    }
  }

  /** A reference that is taken is ours: nobody else pays. */
  private async arrives(terms: Payment): Promise<boolean> {
    const { http, operator } = this.parts;
    try {
      await new OperatorClient(new HttpClient(http), operator).deposit(terms);
      return true;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      return error.code === "reference";
    }
  }
}
