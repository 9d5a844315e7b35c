/** Transfers: free funds leave for another shard, which must be known. */
import { describe, expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import { ENGINES } from "./engines.ts";
import { plays } from "./plays.ts";
import { Stage } from "./stage.ts";

describe("a transfer", () => {
  test("takes free funds, and is owed to the other shard", () => {
    plays(`
      operator opens shard 2          -> s2 is known
      ana transfers 400 USD to s2     -> 400 USD leave for s2, 999600 left
      numbers                         -> transferred 400 999600
      outbox                          -> credit 1: 400 USD of account 1 after entry 1 to s2
      bo transfers 1 BTC to s2; transfers 2 BTC to s2
                                      -> 1 BTC leave for s2, 999999 left,
                                         2 BTC leave for s2, 999997 left
      outbox                          -> credit 2: 1 BTC of account 2 after entry 2 to s2,
                                         credit 3: 2 BTC of account 2 after entry 2 to s2
      links                           -> directory 2, s2 out 3 in 0
      ana's funds                     -> USD 999600 free, BTC 1000000 free
      restart                         -> now
      ana transfers 5 USD to s2       -> 5 USD leave for s2, 999595 left
      links                           -> directory 2, s2 out 4 in 0
    `);
  });

  test("needs a key that may trade, an account that is not suspended, and the funds, free", () => {
    plays(`
      operator opens shard 2               -> s2 is known
      ana adds key for withdraw, read as k -> ana has a new key
      ana (key k) transfers 1 USD to s2    -> refused key_scope 12 1
      ana adds key for trade as t          -> ana has a new key
      ana (key t) transfers 1 USD to s2    -> 1 USD leave for s2, 999999 left
      operator suspends ana                -> ana hears: account 1 suspended,
                                              operator hears: account 1 suspended
      ana transfers 1 USD to s2            -> refused account_suspended
      operator frees ana                   -> ana hears: account 1 free,
                                              operator hears: account 1 free
      ana transfers 1 asset3 to s2         -> refused unknown_asset 3 0
      ana transfers 1 USD to s3            -> refused unknown_shard 3 1
      ana transfers 1 USD to s1            -> refused unknown_shard 1 1
      ana buys 99999 at 10                 -> rests #1
      ana transfers 10 USD to s2           -> refused insufficient_funds 10 9
      ana transfers 9 USD to s2            -> 9 USD leave for s2, 0 left
      outbox                               -> credit 2: 9 USD of account 1 after entry 3 to s2
      ana transfers 1 asset3 to s3         -> refused unknown_asset 3 0
      ana transfers 10 USD to s3           -> refused unknown_shard 3 1
      outbox                               -> nothing
      links                                -> directory 3, s2 out 2 in 0
    `);
  });

  test("may go at once to the shard that leads the directory", () => {
    plays(
      `
      ana transfers 7 USD to s1     -> 7 USD leave for s1, 999993 left
      outbox                        -> credit 1: 7 USD of account 1 after entry 1 to s1
      ana transfers 7 USD to s2     -> refused unknown_shard 2 2
      links                         -> directory 1, s1 out 1 in 2
    `,
      { shard: 2 },
    );
  });

  test("is refused where the record has no room for it", () => {
    plays(
      `
      operator opens shard 2                               -> s2 is known
      ana transfers 1 USD to s2; transfers 2 USD to s2     -> 1 USD leave for s2, 999999 left,
                                                              refused record_full
      ana transfers 1 USD to s2                            -> 1 USD leave for s2, 999998 left
    `,
      { limits: { reportsPerRecordMax: 5 } },
    );
  });
});

describe("another shard", () => {
  test("becomes known once, by an operator's word", () => {
    plays(`
      clerk opens shard 2           -> refused key_scope 256 1024
      operator opens shard 1        -> refused shard_known 1 0
      operator opens shard 9        -> s9 is known
      operator opens shard 2        -> s2 is known
      operator opens shard 9        -> refused shard_known 9 0
      links                         -> directory 0, s2 out 0 in 0, s9 out 0 in 0
      restart                       -> now
      operator opens shard 2        -> refused shard_known 2 0
      operator opens shard 65534    -> s65534 is known
    `);
  });

  test("that leads the directory is known from the beginning", () => {
    plays(
      `
      links                         -> directory 0, s4 out 0 in 0
      operator opens shard 4        -> refused shard_known 4 0
      operator opens shard 3        -> refused shard_known 3 0
      operator opens shard 1        -> s1 is known
      links                         -> directory 0, s1 out 0 in 0, s4 out 0 in 0
    `,
      { shard: 3, origin: 4, funds: 0 },
    );
  });

  test("takes no deposits, and whoever sends some is told so before anything else", () => {
    plays(
      `
      operator pays ana 5 USD      -> refused deposit_shard 2 1
      clerk    pays 99 5 asset3    -> refused deposit_shard 2 1
      ana's funds                  -> USD 1000000 free, BTC 1000000 free
    `,
      { shard: 2 },
    );
  });

  test("halts at a frame of the directory", () => {
    for (const [name, open] of ENGINES) {
      if (open === null) continue;
      const stage = new Stage(open, { shard: 2 });
      stage.signer("ana");
      const key = stage.keyCommand(codes.COMMAND_KEY_ADD, codes.SCOPE_READ, 0);
      const send = (): unknown => stage.send("ana", codes.FRAME_DIRECTORY, [key]);
      expect(send, name).toThrow();
    }
  });
});

describe("the directory", () => {
  test("is owed to all others, entry by entry; what is refused is not", () => {
    plays(
      `
      operator opens account as dee              -> operator hears of account 1, dee has a new key
      outbox                                     -> entry 1: account 1, key 3 to all
      dee adds key for trade until 9000 as k2    -> dee has a new key
      outbox                                     -> entry 2: key 4 of 1 until 9000 to all
      dee adds key for trade with key 4          -> refused public_key_taken
      outbox                                     -> nothing
      dee revokes key 4                          -> dee hears that key 4 is revoked
      outbox                                     -> entry 3: end of key 4 of 1 to all
      operator revokes key 3                     -> dee hears that key 3 is revoked,
                                                    operator hears that key 3 is revoked
      outbox                                     -> entry 4: end of key 3 of 1 to all
      operator revokes key 2                     -> operator hears that key 2 is revoked
      outbox                                     -> entry 5: end of key 2 of 0 to all
      restart                                    -> now
      operator opens account as eve              -> operator hears of account 2, eve has a new key
      outbox                                     -> entry 6: account 2, key 5 to all
      links                                      -> directory 6
    `,
      { funds: 0 },
    );
  });
});
