/**
 * Resp: commands as Redis writes them to its append-only file and to its replicas.
 *
 *   *<count>\r\n then $<size>\r\n<bytes>\r\n for each argument
 */
export type Arg = Uint8Array;

/** As a script says it: text, or bytes. */
export type Word = string | Arg;

export function bytesOf(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** Without a Buffer around it: this is called more often than anything else here. */
export function textOf(arg: Arg): string {
  return Buffer.prototype.latin1Slice.call(arg, 0, arg.length);
}

export function encodeCommand(args: readonly Arg[]): Buffer {
  const heads = args.map((arg) => `$${arg.length}\r\n`);
  const count = `*${args.length}\r\n`;
  let size = count.length;
  for (const [i, arg] of args.entries()) size += heads[i]!.length + arg.length + 2;
  const bytes = Buffer.allocUnsafe(size);
  let at = bytes.write(count, 0, "latin1");
  for (const [i, arg] of args.entries()) {
    at += bytes.write(heads[i]!, at, "latin1");
    bytes.set(arg, at);
    at += arg.length;
    at += bytes.write("\r\n", at, "latin1");
  }
  return bytes;
}

/** What one command or one script changed, as it is written: in one transaction if it is many. */
export function encodeEffects(effects: readonly (readonly Arg[])[]): Buffer {
  const commands = effects.map(encodeCommand);
  if (commands.length < 2) return commands[0] ?? Buffer.alloc(0);
  return Buffer.concat([MULTI, ...commands, EXEC]);
}

/** Of what `encodeEffects` gives. */
export function sizeOfEffects(effects: readonly (readonly Arg[])[]): number {
  let size = effects.length < 2 ? 0 : MULTI.length + EXEC.length;
  for (const args of effects) {
    size += `*${args.length}\r\n`.length;
    for (const { length } of args) size += `$${length}\r\n`.length + length + 2;
  }
  return size;
}

const MULTI = encodeCommand([bytesOf("MULTI")]);
const EXEC = encodeCommand([bytesOf("EXEC")]);

/** The command at `at` and where the next one begins, or null if it is cut off. */
export function readCommand(bytes: Buffer, at: number): { args: Arg[]; end: number } | null {
  const head = lineAt(bytes, at);
  if (head === null) return null;
  const args: Arg[] = [];
  let next = head.end;
  for (let left = Number(head.text.slice(1)); left > 0; left--) {
    const size = lineAt(bytes, next);
    if (size === null) return null;
    const end = size.end + Number(size.text.slice(1));
    if (end + 2 > bytes.length) return null;
    args.push(bytes.subarray(size.end, end));
    next = end + 2;
  }
  return { args, end: next };
}

function lineAt(bytes: Buffer, at: number): { text: string; end: number } | null {
  const end = bytes.indexOf("\r\n", at, "latin1");
  return end < 0 ? null : { text: bytes.toString("latin1", at, end), end: end + 2 };
}

/**
 * The whole transactions in a file that may be cut anywhere, and where they end. A MULTI without
 * its EXEC counts as never written.
 */
export function readTransactions(bytes: Buffer): { effects: Arg[][]; end: number } {
  const effects: Arg[][] = [];
  let open: Arg[][] | null = null;
  let end = 0;
  for (let at = 0; at < bytes.length; ) {
    const found = readCommand(bytes, at);
    if (found === null) break;
    at = found.end;
    const name = textOf(found.args[0]!);
    if (name === "MULTI") {
      open = [];
      continue;
    }
    if (name === "EXEC") effects.push(...(open ?? []));
    else if (open === null) effects.push(found.args);
    else open.push(found.args);
    if (name === "EXEC") open = null;
    if (open === null) end = at;
  }
  return { effects, end };
}
