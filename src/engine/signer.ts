/**
 * Signer: who signed the frame that is being applied. One object, filled anew for each frame.
 */
export class Signer {
  account = 0;
  key = 0;
  /** Those of the key. */
  scopes = 0;
  nonce = 0;
  /** The nonce as the halves that reports and orders carry. */
  nonceLow = 0;
  nonceHigh = 0;
}
