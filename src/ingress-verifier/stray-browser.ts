/**
 * StrayBrowser: a browser that comes to the port for orders gets one line that names the right one.
 */

/** Whether a connection that begins with these bytes speaks HTTP. */
export function isBrowser(bytes: Uint8Array): boolean {
  return bytes[0] === 0x47 && bytes[1] === 0x45 && bytes[2] === 0x54 && bytes[3] === 0x20;
}

/** The whole answer, as bytes. */
export function answerToBrowser(dashboard: string): Uint8Array {
  const text = `This port speaks SoupBinTCP. The dashboard is at ${dashboard}\n`;
  const head = "HTTP/1.1 421 Misdirected Request\r\nContent-Type: text/plain\r\n";
  const size = `Content-Length: ${text.length}\r\nConnection: close\r\n\r\n`;
  return new TextEncoder().encode(head + size + text);
}
