/** Several shards of one venue: ids, funds and what is on its way between them. */
import { describe, test } from "bun:test";
import { fleetPlays } from "./fleet-plays.ts";

describe("the directory", () => {
  test("reaches every shard, late or soon, with the same ids", () => {
    fleetPlays(
      3,
      `
      s1 operator opens account as ana   -> operator hears of account 1, ana has a new key
      s2 ana logs on from 1              -> refused unknown_key, unnumbered
      carry s1 to s2                     -> operator hears of account 1, ana has a new key
      s2 ana logs on from 1              -> key 3 is on from 1, 1 so far
      s1 operator opens account as bo    -> operator hears of account 2, bo has a new key
      s1 ana adds key for trade as k2    -> ana has a new key
      s1 ana revokes key 3               -> ana hears that key 3 is revoked
      s2 ana logs on from 1              -> key 3 is on from 1, 2 so far
      s2 ana (key k2) cancels all        -> refused unknown_key, unnumbered
      carry s1 to s3                     -> operator hears of account 1, ana has a new key,
                                            operator hears of account 2, bo has a new key,
                                            ana has a new key, ana hears that key 3 is revoked
      s3 ana (key k2) cancels all        -> 0 canceled
      s3 bo logs on from 1               -> key 4 is on from 1, 1 so far
      carry s1 to s2                     -> operator hears of account 2, bo has a new key,
                                            ana has a new key, ana hears that key 3 is revoked
      s2 ana logs on from 1              -> refused key_revoked
      s2 ana (key k2) cancels all        -> 0 canceled
      carry s1 to s2                     -> nothing
      s2 links                           -> directory 4, s1 out 0 in 0
    `,
    );
  });

  test("comes in its order, however often and however mixed it is carried", () => {
    fleetPlays(
      2,
      `
      s1 operator opens account as ana   -> operator hears of account 1, ana has a new key
      s1 ana adds key for read           -> ana has a new key
      s1 operator opens account as bo    -> operator hears of account 2, bo has a new key
      carry entry 3, entry 1, entry 1, entry 2, entry 1 from s1 to s2
                                         -> refused carry_number 3 1,
                                            operator hears of account 1, ana has a new key,
                                            refused carry_number 1 2, ana has a new key,
                                            refused carry_number 1 3
      s2 restart                         -> now
      carry entry 3, entry 2 from s1 to s2
                                         -> operator hears of account 2, bo has a new key,
                                            refused carry_number 2 4
    `,
    );
  });
});

const FUNDED = `
      s1 operator opens account as ana   -> operator hears of account 1, ana has a new key
      s1 operator pays ana 1000 USD ref 1 -> ana gets 1000 USD, has 1000, reference 1 is used
      s1 operator opens shard 2          -> s2 is known
      s1 operator opens shard 3          -> s3 is known
      s2 operator opens shard 3          -> s3 is known
      s3 operator opens shard 2          -> s2 is known
`;

describe("funds", () => {
  test("move once, whatever the carrier does", () => {
    fleetPlays(
      3,
      `${FUNDED}
      s1 ana transfers 400 USD to s2     -> 400 USD leave for s2, 600 left
      s1 ana transfers 50 USD to s2      -> 50 USD leave for s2, 550 left
      s1 ana transfers 7 USD to s3       -> 7 USD leave for s3, 543 left
      in flight                          -> 457 USD
      carry credit 1 from s1 to s2       -> refused carry_early 1 0
      carry entry 1 from s1 to s2        -> operator hears of account 1, ana has a new key
      carry credit 2 from s1 to s2       -> refused carry_number 2 1
      carry credit 1, credit 1 from s1 to s2
                                         -> ana gets 400 USD from s1, has 400,
                                            refused carry_number 1 2
      in flight                          -> 57 USD
      carry credit 1, credit 2, credit 1 from s1 to s2
                                         -> refused carry_number 1 2, ana gets 50 USD from s1,
                                            has 450, refused carry_number 1 3
      s2 ana buys 4 at 100               -> rests #1
      s2 ana transfers 60 USD to s3      -> refused insufficient_funds 60 50
      s2 ana transfers 50 USD to s3      -> 50 USD leave for s3, 0 left
      carry s2 to s3                     -> refused carry_early 1 0
      in flight                          -> 57 USD
      carry s1 to s3                     -> operator hears of account 1, ana has a new key,
                                            ana gets 7 USD from s1, has 7
      carry s2 to s3                     -> ana gets 50 USD from s2, has 57
      in flight                          -> nothing
      s3 ana transfers 57 USD to s1      -> 57 USD leave for s1, 0 left
      s3 restart                         -> now
      s1 restart                         -> now
      carry s3 to s1                     -> ana gets 57 USD from s3, has 600
      s1 ana's funds                     -> USD 600 free, BTC 0 free
      s2 ana's funds                     -> USD 0 free 400 held, BTC 0 free
      s1 links                           -> directory 1, s2 out 2 in 0, s3 out 1 in 1
      s2 links                           -> directory 1, s1 out 0 in 2, s3 out 1 in 0
      s3 links                           -> directory 1, s1 out 1 in 1, s2 out 0 in 1
    `,
    );
  });

  test("that a trade brought may move on; fees stay where they were paid", () => {
    fleetPlays(
      2,
      `${FUNDED.split("\n").slice(0, 4).join("\n")}
      s1 operator opens account as bo    -> operator hears of account 2, bo has a new key
      s1 operator pays bo 10 BTC ref 2   -> bo gets 10 BTC, has 10, reference 2 is used
      s1 bo transfers 10 BTC to s2       -> 10 BTC leave for s2, 0 left
      s1 ana transfers 1000 USD to s2    -> 1000 USD leave for s2, 0 left
      carry s1 to s2                     -> operator hears of account 1, ana has a new key,
                                            operator hears of account 2, bo has a new key,
                                            bo gets 10 BTC from s1, has 10,
                                            ana gets 1000 USD from s1, has 1000
      s2 bo  sells 5 at 100              -> rests #1
      s2 ana buys  5 at 100    -> trades 5 with #1 at 100 (fees 5 and 10), is filled
      s2 bo transfers 495 USD to s1      -> 495 USD leave for s1, 0 left
      s2 ana transfers 5 BTC to s1       -> 5 BTC leave for s1, 0 left
      in flight                          -> 495 USD, 5 BTC
      carry s2 to s1                     -> bo gets 495 USD from s2, has 495,
                                            ana gets 5 BTC from s2, has 5
      s2 ana's funds                     -> USD 490 free, BTC 0 free
      s1 bo withdraws 495 USD            -> 495 USD gone, 0 left
      s2 ana withdraws 490 USD           -> 490 USD gone, 0 left
      in flight                          -> nothing
    `,
      { market: { makerFeePpm: 10_000, takerFeePpm: 20_000 } },
    );
  });

  test("wait where their source is not known yet, and go on when it is", () => {
    fleetPlays(
      3,
      `${FUNDED.split("\n").slice(0, 4).join("\n")}
      s1 ana transfers 5 USD to s2       -> 5 USD leave for s2, 995 left
      carry s1 to s2                     -> operator hears of account 1, ana has a new key,
                                            ana gets 5 USD from s1, has 5
      s2 operator opens shard 3          -> s3 is known
      s2 ana transfers 5 USD to s3       -> 5 USD leave for s3, 0 left
      carry s1 to s3                     -> operator hears of account 1, ana has a new key
      carry s2 to s3                     -> refused unknown_shard 2 3
      in flight                          -> 5 USD
      s3 operator opens shard 2          -> s2 is known
      carry s2 to s3                     -> ana gets 5 USD from s2, has 5
    `,
    );
  });
});
