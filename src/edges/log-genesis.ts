/** Log genesis: what a genesis record says about every record of its log. */
import { viewOf } from "../base/bytes.ts";
import { decodeGenesis, venueOf } from "../protocol/genesis.ts";
import { RECORD_HEADER_SIZE, readRecord, RecordView } from "../protocol/record.ts";
import { LogFault } from "./log.ts";

export interface GenesisFacts {
  readonly shard: number;
  readonly rulesVersion: number;
  readonly directoryOrigin: number;
  readonly venue: Uint8Array;
  /** Of the genesis record itself. */
  readonly logTime: number;
}

/** The facts in a genesis record, or a sentence about what is wrong with it. */
export function genesisFacts(record: Uint8Array): GenesisFacts | string {
  const header = new RecordView();
  const wrong = readRecord(viewOf(record), 0, header);
  if (wrong !== "") return wrong;
  if (header.end !== record.length) return "there is more than one record";
  const frame = record.subarray(RECORD_HEADER_SIZE);
  const genesis = decodeGenesis(frame);
  if (typeof genesis === "string") return genesis;
  const { shard, rulesVersion, directoryOrigin } = genesis;
  const isSame =
    header.shard === shard &&
    header.rulesVersion === rulesVersion &&
    header.directoryOrigin === directoryOrigin;
  if (!isSame) return "the record's header differs from the genesis in it";
  const venue = venueOf(frame, genesis);
  return { shard, rulesVersion, directoryOrigin, venue, logTime: header.logTime };
}

/** The facts for a new log of that shard; throws LogFault for other bytes. */
export function checkedGenesis(record: Uint8Array, shard: number): GenesisFacts {
  const facts = genesisFacts(record);
  if (typeof facts === "string") throw new LogFault(`not a genesis record: ${facts}`);
  if (facts.shard === shard) return facts;
  throw new LogFault(`a genesis of shard ${facts.shard} for the log of shard ${shard}`);
}
