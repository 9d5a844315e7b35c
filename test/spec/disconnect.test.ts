/** Cancel on disconnect: a mass cancel signed at logon, which works once while that one lasts. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("a disconnect frame", () => {
  test("works once, under the nonce of the key's logon", () => {
    plays(`
      ana logs on from 0                -> key 3 is on from 0, 3 so far
      ana buys  5 at 100                -> rests #1
      ana sells 5 at 200 in m2          -> rests #2
      restart                           -> now
      ana (nonce 1) disconnects all     -> #1 loses 5 (mass), #2 loses 5 (mass), 2 canceled
      ana (nonce 1) disconnects all     -> refused logon_gone 1 0, unnumbered
      ana buys  5 at 100                -> rests #3
    `);
  });

  test("is gone with the next logon", () => {
    plays(`
      ana logs on from 0                -> key 3 is on from 0, 3 so far
      ana buys 5 at 100                 -> rests #1
      ana logs on from 0                -> key 3 is on from 0, 5 so far
      ana (nonce 1) disconnects all     -> refused logon_gone 1 3, unnumbered
      ana (nonce 2) disconnects all     -> refused logon_gone 2 3, unnumbered
      ana (nonce 3) disconnects all     -> #1 loses 5 (mass), 1 canceled
    `);
  });

  test("is none without a logon, nor of another key, nor of a refused logon", () => {
    plays(`
      ana (nonce 5) disconnects all            -> refused logon_gone 5 0, unnumbered
      ana logs on from 0                       -> key 3 is on from 0, 3 so far
      ana adds key for cancel as c             -> ana has a new key
      ana (key c, nonce 1) disconnects all     -> refused logon_gone 1 0, unnumbered
      ana (key c) logs on from 0               -> refused key_scope 2 8
      ana (key c, nonce 1) disconnects all     -> refused logon_gone 1 0, unnumbered
      ana (key 99, nonce 1) disconnects all    -> refused unknown_key, unnumbered
    `);
  });

  test("uses no nonce up, and the logon's may be long past", () => {
    plays(`
      ana logs on from 0                       -> key 3 is on from 0, 3 so far
      ana (nonce 5000) buys 5 at 100           -> rests #1
      ana (nonce 1) disconnects all            -> #1 loses 5 (mass), 1 canceled
      ana (nonce 5000) buys 5 at 100           -> refused duplicate 5000 5000, unnumbered
      ana (nonce 5001) buys 5 at 100           -> rests #2
    `);
  });

  test("is of the side and market it was signed for", () => {
    plays(`
      ana logs on from 0                       -> key 3 is on from 0, 3 so far
      ana buys  1 at 100                       -> rests #1
      ana sells 2 at 200                       -> rests #2
      ana buys  3 at 100 in m2                 -> rests #3
      ana (nonce 1) disconnects all buys in m1 -> #1 loses 1 (mass), 1 canceled
    `);
  });

  test("is refused as a whole like any frame, and is used up by that", () => {
    plays(`
      ana logs on from 0                         -> key 3 is on from 0, 3 so far
      ana buys 1 at 100                          -> rests #1
      ana (nonce 1, expiry 999) disconnects all  -> refused frame_expired 999 1000
      ana (nonce 1) disconnects all              -> refused logon_gone 1 0, unnumbered
    `);
    plays(`
      ana logs on from 0                         -> key 3 is on from 0, 3 so far
      ana buys 1 at 100                          -> rests #1
      ana revokes key 3                          -> ana hears that key 3 is revoked
      ana (nonce 1) disconnects all              -> refused key_revoked
    `);
  });

  test("needs a key that may cancel or trade", () => {
    plays(`
      ana buys 1 at 100                        -> rests #1
      ana adds key for read as r               -> ana has a new key
      ana adds key for read, cancel as c       -> ana has a new key
      ana (key r) logs on from 0               -> key 4 is on from 0, 6 so far
      ana (key r, nonce 1) disconnects all     -> refused key_scope 8 2
      ana (key c) logs on from 0               -> key 5 is on from 0, 8 so far
      ana (key c, nonce 1) disconnects all     -> #1 loses 1 (mass), 1 canceled
    `);
  });

  test("finds what is due done, and orders that wait", () => {
    plays(`
      ana logs on from 0                         -> key 3 is on from 0, 3 so far
      ana buys 1 at 100 till 1050                -> rests #1
      ana buys 1 at 110 stop 105                 -> #2 waits
      time 1051                                  -> now
      ana (nonce 1) disconnects all              -> due: #1 loses 1 (expired);
                                                    #2 loses 1 (mass), 1 canceled
    `);
  });
});
