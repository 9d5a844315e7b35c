/**
 * Redact: what may be written into a log line, and in what form. Keys never are.
 *
 *   a field called password, seed, secret, token, private_key ...   "***"
 *   a text with a private key in PEM, or its DER in base64 or hex   "***"
 *   redis://user:pass@host                                          redis://***@host
 *   bytes                                                           "32 bytes"
 *
 * Names are told by whole words of snake_case or camelCase, so that `public_key` and `key_id` pass.
 */
const SECRET_WORDS = new Set([
  "password",
  "passphrase",
  "secret",
  "secrets",
  "seed",
  "private",
  "pem",
  "token",
  "authorization",
  "cookie",
  "credentials",
]);

/** Any private key in PEM, and the fixed beginnings of an Ed25519 one in DER (RFC 8410). */
const SECRET_TEXT =
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----|MC4CAQAwBQYDK2VwBCIE|302e020100300506032b657004220420/i;

const ACCESS_IN_URL = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi;

export const HIDDEN = "***";
const TEXT_SIZE_MAX = 4096;
const DEPTH_MAX = 4;
const ITEMS_MAX = 100;

/** A text without secrets, of bounded length. */
export function redactText(text: string): string {
  if (SECRET_TEXT.test(text)) return HIDDEN;
  const cut = text.length > TEXT_SIZE_MAX ? `${text.slice(0, TEXT_SIZE_MAX)}...` : text;
  return cut.replace(ACCESS_IN_URL, `$1${HIDDEN}@`);
}

/** A value as JSON may hold it: no secrets, bounded depth and size. */
export function redactField(name: string, value: unknown, depth = 0): unknown {
  if (isSecretName(name) && value !== undefined && value !== null) return HIDDEN;
  switch (typeof value) {
    case "string":
      return redactText(value);
    case "bigint":
      return value.toString();
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
    case "undefined":
      return value;
    case "object":
      return value === null ? null : redactObject(value, depth);
    default:
      return `a ${typeof value}`;
  }
}

function redactObject(value: object, depth: number): unknown {
  if (value instanceof Error) return redactText(value.stack ?? String(value));
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  if (value instanceof ArrayBuffer) return `${value.byteLength} bytes`;
  if (depth >= DEPTH_MAX) return "...";
  if (Array.isArray(value)) {
    return value.slice(0, ITEMS_MAX).map((item: unknown) => redactField("", item, depth + 1));
  }
  const entries = Object.entries(value).slice(0, ITEMS_MAX);
  return Object.fromEntries(
    entries.map(([key, item]: [string, unknown]) => [key, redactField(key, item, depth + 1)]),
  );
}

function isSecretName(name: string): boolean {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => SECRET_WORDS.has(word));
}
