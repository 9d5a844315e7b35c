/**
 * OperatorDesk: what the venue in one process does as its own operator, with the key beside it.
 *
 * Signed frames through ingress, like any operator's.
 */
import type { Signer } from "../edges/keys.ts";
import type { ShardDoor } from "../ingress-verifier/shard-door.ts";
import { submit } from "../ingress-verifier/submission.ts";
import * as codes from "../protocol/codes.ts";
import * as commands from "../protocol/commands.ts";
import { signFrame } from "../protocol/frame.ts";
import type { Report } from "../protocol/report.ts";
import { EXIT_REFUSED, ServiceEnd } from "../service/start.ts";

const WAIT_MS = 10_000;

/** Sends operator frames one after the other, nonces and references counted from 1. */
export class OperatorDesk {
  private readonly door: ShardDoor;
  private readonly signer: Signer;
  private nonce = 0;
  private reference = 0;

  constructor(door: ShardDoor, signer: Signer) {
    this.door = door;
    this.signer = signer;
  }

  /** True when the shard learned of the other by this very command. */
  async openShard(other: number): Promise<boolean> {
    const command = commands.encodeShardOpen(other);
    const report = await this.send(codes.FRAME_OPERATOR, this.door.genesis.shard, command);
    if (report.kind !== codes.REPORT_REJECTED) return true;
    if (report.code !== codes.REJECT_SHARD_KNOWN) throw refusal(report.code);
    return false;
  }

  async openAccount(publicKey: Uint8Array): Promise<{ account: number; key: number }> {
    const known = this.door.ownerOf(publicKey);
    if (known !== null) return known;
    const command = commands.encodeKey(
      codes.COMMAND_ACCOUNT_OPEN,
      publicKey,
      codes.SCOPES_TRADER,
      0,
    );
    const report = await this.send(codes.FRAME_DIRECTORY, codes.SHARD_DIRECTORY, command);
    if (report.kind === codes.REPORT_REJECTED) throw refusal(report.code);
    // In account_opened the key id stands where others have the cumulative quantity.
    return { account: report.subject, key: report.cumulative };
  }

  async deposit(asset: number, account: number, amount: number): Promise<void> {
    const command = commands.encodeDeposit(asset, account, amount, ++this.reference);
    const report = await this.send(codes.FRAME_OPERATOR, this.door.genesis.shard, command);
    // A reference that was used says that a start before this one came so far.
    if (report.kind === codes.REPORT_REJECTED && report.code !== codes.REJECT_REFERENCE) {
      throw refusal(report.code);
    }
  }

  /** Passes over nonces that an interrupted start has used. */
  private async send(kind: number, shard: number, command: Uint8Array): Promise<Report> {
    for (;;) {
      const { venue } = this.door;
      const header = { kind, shard, venue, account: 0, key: 1, nonce: ++this.nonce, expiry: 0 };
      const frame = signFrame(header, [command], (message) => this.signer.sign(message));
      const { code, reports } = await submit(this.door, frame, WAIT_MS);
      if (code === codes.REJECT_DUPLICATE) continue;
      const report = reports.at(-1);
      if (report === undefined || code !== codes.ACCEPTED) throw refusal(code);
      return report;
    }
  }
}

function refusal(code: number): ServiceEnd {
  const { name, says } = codes.rejectCode(code);
  return new ServiceEnd(EXIT_REFUSED, `operator: ${name}: ${says}`);
}
