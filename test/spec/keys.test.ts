/** Keys: what each may sign, until when, and how they come and go. Accounts and logons. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("scopes", () => {
  test("each command needs its own", () => {
    plays(`
      ana adds key for read as reader          -> ana has a new key
      ana buys 1 at 100                        -> rests #1
      ana (key reader) buys 1 at 100           -> refused key_scope 8 1
      ana (key reader) replaces #1 with 1 at 1 -> refused key_scope 8 1
      ana (key reader) cancels #1              -> refused key_scope 8 2
      ana (key reader) reduces #1 by 1         -> refused key_scope 8 2
      ana (key reader) cancels all             -> refused key_scope 8 2
      ana (key reader) withdraws 1 USD         -> refused key_scope 8 4
      ana (key reader) logs on from 1          -> key 4 is on from 1, 11 so far
      ana (key reader) adds key for read       -> refused key_scope 8 24
    `);
  });

  test("who may trade may cancel, who may cancel may only cancel", () => {
    plays(`
      ana adds key for trade as trader         -> ana has a new key
      ana adds key for cancel as canceler      -> ana has a new key
      ana (key trader) buys 2 at 100           -> rests #1
      ana (key trader) reduces #1 by 1         -> #1 loses 1, keeps 1
      ana (key canceler) buys 1 at 100         -> refused key_scope 2 1
      ana (key canceler) cancels #1            -> #1 loses 1 (requested)
      ana (key trader) cancels all             -> 0 canceled
      ana (key trader) logs on from 0          -> refused key_scope 1 8
      ana (key trader) withdraws 1 USD         -> refused key_scope 1 4
    `);
  });

  test("a key hands on no more than it has", () => {
    plays(`
      ana adds key for read, keys as k2                  -> ana has a new key
      ana (key k2) adds key for read, trade              -> refused key_scope 24 25
      ana (key k2) adds key for read as k3               -> ana has a new key
      ana (key k3) adds key for read                     -> refused key_scope 8 24
      operator adds key for read                         -> refused key_scope 16128 24
    `);
  });

  test("operators have theirs", () => {
    plays(`
      clerk opens account           -> refused key_scope 256 512
      ana   opens account           -> refused key_scope 31 512
      clerk suspends ana            -> refused key_scope 256 512
      clerk opens asset 3           -> refused key_scope 256 1024
      clerk opens market 3          -> refused key_scope 256 1024
      clerk sets m1 halted          -> refused key_scope 256 2048
      clerk pays ana 1 USD          -> ana gets 1 USD, has 1000001, reference 3000001 is used
      clerk revokes key 3           -> refused key_scope 256 512
      operator revokes key 2        -> operator hears that key 2 is revoked
      clerk pays ana 1 USD          -> refused key_revoked
    `);
  });
});

describe("keys", () => {
  test("expire after their time", () => {
    plays(`
      ana adds key for trade until 5000 as k2     -> ana has a new key
      time 5000                                   -> now
      ana (key k2) buys 1 at 100                  -> rests #1
      time 5001                                   -> now
      ana (key k2) buys 1 at 100                  -> refused key_expired 5000 5001
      ana (key k2, expiry 5000) buys 1 at 100     -> refused frame_expired 5000 5001
      ana cancels #1                              -> #1 loses 1 (requested)
    `);
  });

  test("are revoked by the account or an operator, and by themselves", () => {
    plays(`
      ana adds key for trade as k2           -> ana has a new key
      ana adds key for trade as k3           -> ana has a new key
      ana adds key for trade as k4           -> ana has a new key
      ana (key k2) revokes key 6             -> refused key_scope 1 16
      ana (key k2) revokes key 4             -> ana hears that key 4 is revoked
      ana (key k2) buys 1 at 100             -> refused key_revoked
      ana revokes key 5                      -> ana hears that key 5 is revoked
      ana revokes key 5                      -> refused unknown_target 5 0
      operator revokes key 6                 -> ana hears that key 6 is revoked,
                                                operator hears that key 6 is revoked
      ana (key k4) buys 1 at 100             -> refused key_revoked
      ana buys 1 at 100                      -> rests #1
    `);
  });

  test("of others cannot be named", () => {
    plays(`
      ana buys 1 at 100           -> rests #1
      bo  revokes key 3           -> refused unknown_target 3 0
      bo  revokes key 1           -> refused unknown_target 1 0
      bo  revokes key 99          -> refused unknown_target 99 0
      operator revokes key 99     -> refused unknown_target 99 0
    `);
  });

  test("a public key belongs to one account for ever", () => {
    plays(`
      ana adds key for trade as k2                -> ana has a new key
      ana adds key for trade with key 4           -> refused public_key_taken
      bo  adds key for trade with key 4           -> refused public_key_taken
      operator opens account with key 4           -> refused public_key_taken
      ana revokes key 4                           -> ana hears that key 4 is revoked
      bo  adds key for trade with key 4           -> refused public_key_taken
    `);
  });

  test("have a maximum, and so have accounts", () => {
    plays(
      `
      ana buys 1 at 100                -> rests #1
      bo  buys 1 at 100                -> rests #2
      operator opens account           -> refused accounts_full 2 2
      ana adds key for trade           -> ana has a new key
      ana adds key for trade           -> refused keys_full 5 5
    `,
      { limits: { accountsMax: 2, keysMax: 5 } },
    );
    plays(
      `
      ana buys 1 at 100                -> rests #1
      operator opens account           -> refused keys_full 3 3
    `,
      { limits: { keysMax: 3 } },
    );
  });

  test("that nobody has, and other accounts' keys, are unknown", () => {
    plays(`
      ana adds key for trade as k2     -> ana has a new key
      bo  buys 1 at 100                -> rests #1
      bo  (key k2) cancels #1          -> refused unknown_key, unnumbered
      bo  (key 99) cancels #1          -> refused unknown_key, unnumbered
      bo  (key 0) cancels #1           -> refused unknown_key, unnumbered
      ana (key operator) cancels all   -> refused unknown_key, unnumbered
      ana (key k2, nonce 1) buys 1 at 100  -> rests #2
      book                             -> bids 2@100 asks -
    `);
  });
});

describe("accounts", () => {
  test("are opened by operators, with one key", () => {
    plays(`
      operator opens account for trade as dee  -> operator hears of account 1, dee has a new key
      operator pays dee 500 USD                -> dee gets 500 USD, has 500,
                                                  reference 3000001 is used
      dee buys 5 at 100                        -> rests #1
      dee withdraws 1 USD                      -> refused key_scope 1 4
    `);
  });

  test("log on", () => {
    plays(`
      ana logs on from 0   -> key 3 is on from 0, 3 so far
      ana logs on from 77  -> key 3 is on from 77, 4 so far
    `);
  });

  test("suspended, take only cancels", () => {
    plays(`
      ana buys 5 at 100; buys 5 at 101; buys 5 at 102   -> rests #1, rests #2, rests #3
      operator suspends ana          -> ana hears: account 1 suspended,
                                        operator hears: account 1 suspended
      ana buys 5 at 100              -> refused account_suspended
      ana replaces #1 with 5 at 99   -> refused account_suspended
      ana withdraws 1 USD            -> refused account_suspended
      ana adds key for trade         -> refused account_suspended
      ana cancels #1                 -> #1 loses 5 (requested)
      ana reduces #2 by 1            -> #2 loses 1, keeps 4
      bo sells 1 at 102              -> trades 1 with #3 at 102, is filled
      ana cancels all                -> #2 loses 4 (mass), #3 loses 4 (mass), 2 canceled
      ana logs on from 1             -> key 3 is on from 1, 17 so far
      operator frees ana             -> ana hears: account 1 free, operator hears: account 1 free
      ana buys 5 at 100              -> rests #5
      operator suspends 9            -> refused unknown_account 9 0
      operator suspends operator     -> refused unknown_account
    `);
  });
});
