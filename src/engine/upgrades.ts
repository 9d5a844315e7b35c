/**
 * Upgrades: the command that names the next version of the rules, and from where it governs (RULES
 * 12). Whether a build knows that version shows only where it begins to govern. One that names what
 * is in force already is the one that a cured record had ahead of it.
 */
import { readU64 } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import type { Upgrade } from "../protocol/governing.ts";
import type { Parts } from "./parts.ts";
import type { ReportsOut } from "./reports-out.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";

export class Upgrades {
  private readonly state: State;
  private readonly signer: Signer;
  private readonly out: ReportsOut;

  constructor(parts: Parts) {
    this.state = parts.state;
    this.signer = parts.signer;
    this.out = parts.out;
  }

  upgrade(view: DataView, at: number): void {
    const { state, out } = this;
    const { current, next } = state.governing;
    const { scopes } = this.signer;
    if ((scopes & codes.SCOPE_RULES) === 0) {
      return out.reject(codes.REJECT_KEY_SCOPE, scopes, codes.SCOPE_RULES);
    }
    const version = view.getUint16(at + command.UPGRADE_VERSION, true);
    const from = readU64(view, at + command.UPGRADE_FROM);
    const isInForce = version === current.version && from === current.from && from > 1;
    if (isInForce) return this.say({ version, from }, version);
    if (next !== null) return out.reject(codes.REJECT_UPGRADE_PENDING, next.version, next.from);
    if (version <= current.version) {
      return out.reject(codes.REJECT_UPGRADE_VERSION, version, current.version);
    }
    const least = state.position + 2;
    const most = state.position + 1 + codes.UPGRADE_AHEAD_MAX;
    if (from < least) return out.reject(codes.REJECT_UPGRADE_POSITION, from, least);
    if (from > most) return out.reject(codes.REJECT_UPGRADE_POSITION, from, most);

    state.governing = { current, next: { version, from } };
    this.say({ version, from }, current.version);
  }

  private say({ version, from }: Upgrade, inForce: number): void {
    const { out } = this;
    out.numbers(out.begin(codes.REPORT_UPGRADE_SET, 0, version), from, inForce);
  }
}
