/**
 * sodium: libsodium compiled to WebAssembly, the judge of every signature (DESIGN section 5).
 *
 * The only file that imports libsodium-wrappers. The version is pinned exactly, since "accepted"
 * means "accepted by this". Each call copies its arguments into the module's own memory and frees
 * them again; an argument of a wrong length would throw between the two, so lengths are checked by
 * the caller.
 */
import sodium from "libsodium-wrappers";

export interface Sodium {
  readonly version: string;
  /** Throws unless the signature has 64 bytes and the public key 32. */
  verifyDetached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
}

/** Resolves once the module is compiled; asking again costs nothing. */
export async function openSodium(): Promise<Sodium> {
  await sodium.ready;
  return {
    version: sodium.sodium_version_string(),
    verifyDetached: (signature, message, publicKey) =>
      sodium.crypto_sign_verify_detached(signature, message, publicKey),
  };
}
