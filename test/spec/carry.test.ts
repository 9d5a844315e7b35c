/** What the carrier brings: the next number only, whoever brings it, and nothing that cannot be. */
import { describe, test } from "bun:test";
import { AMOUNT_MAX } from "../../src/protocol/codes.ts";
import { plays } from "./plays.ts";

const ELSEWHERE = { shard: 2, funds: 0 };

describe("an entry of the directory", () => {
  test("opens the account and adds the keys that it did where it was written", () => {
    plays(
      `
      operator brings entry 1 from s1: account 1, key 3 for trade as dee
                                       -> operator hears of account 1, dee has a new key
      outbox                           -> nothing
      operator brings entry 2 from s1: key 4 of 1 for read until 5000 -> dee has a new key
      dee (key 4) logs on from 1       -> key 4 is on from 1, 2 so far
      dee (key 3) logs on from 1       -> refused key_scope 1 8
      time 5001                        -> now
      dee (key 4) logs on from 1       -> refused key_expired 5000 5001
      operator brings entry 3 from s1: end of key 3 of 1 -> dee hears that key 3 is revoked
      dee buys 1 at 1                  -> refused key_revoked
      operator brings entry 4 from s1: end of key 2 of 0 -> operator hears that key 2 is revoked
      clerk opens shard 7              -> refused key_revoked
      outbox                           -> nothing
      links                            -> directory 4, s1 out 0 in 0
      restart                          -> now
      operator brings entry 5 from s1: account 2, key 5
                                       -> operator hears of account 2, account 2 has a new key
    `,
      ELSEWHERE,
    );
  });

  test("needs the carrier's key, its source, and its number, in this order", () => {
    plays(
      `
      clerk    brings entry 2 from s3: account 9, key 9  -> refused key_scope 256 4096
      operator brings entry 2 from s3: account 9, key 9  -> refused unknown_shard 3 2
      operator brings entry 2 from s2: account 9, key 9  -> refused unknown_shard 2 2
      operator opens shard 3                             -> s3 is known
      operator brings entry 1 from s3: account 1, key 3  -> refused unknown_shard 3 2
      operator brings entry 1 from s3: end of key 2 of 0 -> refused unknown_shard 3 2
      operator brings entry 2 from s1: account 9, key 9  -> refused carry_number 2 1
      operator brings entry 1 from s1: account 1, key 3  -> operator hears of account 1,
                                                            account 1 has a new key
      operator brings entry 1 from s1: account 1, key 3  -> refused carry_number 1 2
      operator brings entry 3 from s1: end of key 3 of 1 -> refused carry_number 3 2
      links                                       -> directory 1, s1 out 0 in 0, s3 out 0 in 0
    `,
      ELSEWHERE,
    );
  });

  test("must be what follows here", () => {
    plays(
      `
      operator brings entry 1 from s1: account 2, key 3             -> refused carry_entry 2 3
      operator brings entry 1 from s1: account 0, key 3             -> refused carry_entry 0 3
      operator brings entry 1 from s1: account 1, key 4             -> refused carry_entry 1 4
      operator brings entry 1 from s1: account 1, key 2             -> refused carry_entry 1 2
      operator brings entry 1 from s1: account 1, key 3 with key 2  -> refused carry_entry 1 3
      operator brings entry 1 from s1: key 3 of 1                   -> refused carry_entry 1 3
      operator brings entry 1 from s1: key 3 of 0                   -> refused carry_entry 0 3
      operator brings entry 1 from s1: end of key 3 of 1            -> refused carry_entry 1 3
      operator brings entry 1 from s1: account 1, key 3             -> operator hears of account 1,
                                                                       account 1 has a new key
      operator brings entry 2 from s1: account 1, key 4             -> refused carry_entry 1 4
      operator brings entry 2 from s1: key 5 of 1                   -> refused carry_entry 1 5
      operator brings entry 2 from s1: key 3 of 1                   -> refused carry_entry 1 3
      operator brings entry 2 from s1: key 4 of 2                   -> refused carry_entry 2 4
      operator brings entry 2 from s1: key 4 of 1 with key 3        -> refused carry_entry 1 4
      operator brings entry 2 from s1: end of key 3 of 0            -> refused carry_entry 0 3
      operator brings entry 2 from s1: end of key 2 of 1            -> refused carry_entry 1 2
      operator brings entry 2 from s1: end of key 0 of 0            -> refused carry_entry
      operator brings entry 2 from s1: end of key 3 of 1 -> account 1 hears that key 3 is revoked
      operator brings entry 3 from s1: end of key 3 of 1            -> refused carry_entry 1 3
      operator brings entry 3 from s1: account 2, key 4 with key 3  -> refused carry_entry 2 4
      links                                                -> directory 2, s1 out 0 in 0
    `,
      ELSEWHERE,
    );
  });

  test("finds no room on a shard of other limits, and waits there", () => {
    plays(
      `
      operator brings entry 1 from s1: account 1, key 3  -> operator hears of account 1,
                                                            account 1 has a new key
      operator brings entry 2 from s1: account 9, key 9  -> refused accounts_full 1 1
      operator brings entry 2 from s1: key 4 of 1        -> account 1 has a new key
      operator brings entry 3 from s1: key 9 of 9        -> refused keys_full 4 4
      operator brings entry 3 from s1: end of key 4 of 1 -> account 1 hears that key 4 is revoked
    `,
      { ...ELSEWHERE, limits: { accountsMax: 1, keysMax: 4 } },
    );
    plays(
      `
      operator brings entry 1 from s1: account 9, key 9  -> refused keys_full 2 2
    `,
      { ...ELSEWHERE, limits: { keysMax: 2 } },
    );
  });

  test("several in a frame are applied in their order", () => {
    plays(
      `
      operator brings entry 2 from s1: key 4 of 1; brings entry 1 from s1: account 1, key 3;
        brings entry 2 from s1: key 4 of 1
                 -> refused carry_number 2 1, operator hears of account 1, account 1 has a new key,
                    account 1 has a new key
    `,
      ELSEWHERE,
    );
  });

  test("has no shard to come from where it was written", () => {
    plays(`
      ana buys 1 at 1                                     -> rests #1
      operator brings entry 2 from s1: key 4 of 1         -> refused unknown_shard 1 1
      operator opens shard 2                              -> s2 is known
      operator brings entry 2 from s2: key 4 of 1         -> refused unknown_shard 2 1
      links                                               -> directory 1, s2 out 0 in 0
    `);
  });
});

describe("a credit", () => {
  test("comes once, in its order, to whom it is for", () => {
    plays(
      `
      ana buys 5 at 100                                -> rests #1
      operator brings credit 4 from s1: 5 USD to ana   -> refused carry_number 4 3
      operator brings credit 2 from s1: 5 USD to ana   -> refused carry_number 2 3
      operator brings credit 3 from s1: 5 USD to ana   -> ana gets 5 USD from s1, has 999505
      numbers                                          -> credited 5 999505
      operator brings credit 3 from s1: 5 USD to ana   -> refused carry_number 3 4
      operator suspends ana                            -> ana hears: account 1 suspended,
                                                          operator hears: account 1 suspended
      operator brings credit 4 from s1: 1 BTC to ana   -> ana gets 1 BTC from s1, has 1000001
      restart                                          -> now
      operator brings credit 4 from s1: 1 BTC to ana   -> refused carry_number 4 5
      links                                            -> directory 1, s1 out 0 in 4
    `,
      { shard: 2 },
    );
  });

  test("has numbers of its own for each shard it comes from", () => {
    plays(
      `
      ana buys 5 at 100                                -> rests #1
      operator brings credit 1 from s3: 5 USD to ana   -> refused unknown_shard 3 2
      operator brings credit 1 from s2: 5 USD to ana   -> refused unknown_shard 2 2
      operator opens shard 3                           -> s3 is known
      operator brings credit 3 from s3: 5 USD to ana   -> refused carry_number 3 1
      operator brings credit 1 from s3: 5 USD to ana   -> ana gets 5 USD from s3, has 999505
      operator brings credit 3 from s1: 6 USD to ana   -> ana gets 6 USD from s1, has 999511
      ana transfers 9 USD to s3                        -> 9 USD leave for s3, 999502 left
      links                                   -> directory 1, s1 out 0 in 3, s3 out 1 in 1
    `,
      { shard: 2 },
    );
  });

  test("needs the carrier's key", () => {
    plays(
      `
      clerk brings credit 9 from s9: 5 asset9 to 9   -> refused key_scope 256 4096
    `,
      ELSEWHERE,
    );
  });

  test("waits for the directory that its shard had, and is refused by nothing else before", () => {
    plays(
      `
      operator brings credit 1 from s1: 5 asset3 to 1 after entry 2   -> refused carry_early 2 0
      operator brings entry 1 from s1: account 1, key 3    -> operator hears of account 1,
                                                              account 1 has a new key
      operator brings credit 1 from s1: 5 USD to 1 after entry 2      -> refused carry_early 2 1
      operator brings credit 2 from s1: 5 USD to 1 after entry 2      -> refused carry_number 2 1
      operator brings entry 2 from s1: key 4 of 1                     -> account 1 has a new key
      operator brings credit 1 from s1: 5 USD to 1 after entry 2 -> account 1 gets 5 USD from s1,
                                                                    has 5
    `,
      ELSEWHERE,
    );
  });

  test("waits for its asset", () => {
    plays(
      `
      ana buys 1 at 1                                      -> rests #1
      operator brings credit 3 from s1: 5 asset3 to 9      -> refused unknown_asset 3 0
      operator opens asset 3                               -> asset 3 is open
      operator brings credit 3 from s1: 5 asset3 to ana    -> ana gets 5 asset 3 from s1, has 5
    `,
      { shard: 2 },
    );
  });

  test("is for a trader who exists, and no more than there can be", () => {
    plays(
      `
      operator brings entry 1 from s1: account 1, key 3    -> operator hears of account 1,
                                                              account 1 has a new key
      operator brings credit 1 from s1: ${AMOUNT_MAX} USD to 2   -> refused carry_entry 2 1
      operator brings credit 1 from s1: ${AMOUNT_MAX} USD to 0   -> refused carry_entry 0 1
      operator brings credit 1 from s1: 5 USD to 1 -> account 1 gets 5 USD from s1, has 5
      operator brings credit 2 from s1: ${AMOUNT_MAX - 4} USD to 1
                             -> refused carry_amount ${AMOUNT_MAX - 4} ${AMOUNT_MAX - 5}
      operator brings credit 2 from s1: ${AMOUNT_MAX - 5} USD to 1
                             -> account 1 gets ${AMOUNT_MAX - 5} USD from s1, has ${AMOUNT_MAX}
      operator brings credit 3 from s1: 1 USD to 1         -> refused carry_amount 1 0
    `,
      ELSEWHERE,
    );
  });

  test("brings no more back to where deposits enter than has left it", () => {
    plays(`
      operator opens shard 2                           -> s2 is known
      operator brings credit 1 from s2: 1 USD to 9     -> refused carry_entry 9 1
      ana transfers 100 USD to s2                      -> 100 USD leave for s2, 999900 left
      operator brings credit 1 from s2: 101 USD to ana -> refused carry_amount 101 100
      operator brings credit 1 from s2: 1 BTC to ana   -> refused carry_amount 1 0
      operator brings credit 1 from s2: 60 USD to ana after entry 99
                                                       -> ana gets 60 USD from s2, has 999960
      operator brings credit 2 from s2: 41 USD to ana  -> refused carry_amount 41 40
      operator brings credit 2 from s2: 40 USD to ana  -> ana gets 40 USD from s2, has 1000000
      links                                            -> directory 1, s2 out 1 in 2
    `);
  });
});
