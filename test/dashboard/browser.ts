/**
 * Browser: Debian's chromium without a head, driven over its DevTools protocol, as far as the
 * dashboard's tests need it: a page, its size, what it says on the console, a look at it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
];

const PATIENCE_MS = 5000;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** The browser's path, or null where there is none. */
export function chromiumPath(): string | null {
  return Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");
}

export class Browser {
  /** Everything that the page complained about. */
  readonly complaints: string[] = [];
  private readonly process: Bun.Subprocess<"ignore", "ignore", "pipe">;
  private readonly dir: string;
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, (message: Message) => void>();
  private session = "";
  private count = 0;

  static async open(path: string): Promise<Browser> {
    const dir = mkdtempSync(join(tmpdir(), "clob-browser-"));
    const command = [path, ...FLAGS, `--user-data-dir=${dir}`, "about:blank"];
    const process = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
    let said = "";
    const decoder = new TextDecoder();
    for await (const chunk of process.stderr) {
      said += decoder.decode(chunk);
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (address !== undefined) return Browser.attach(process, dir, address);
    }
    throw new Error(`no browser: ${said}`);
  }

  private static async attach(
    process: Bun.Subprocess<"ignore", "ignore", "pipe">,
    dir: string,
    address: string,
  ): Promise<Browser> {
    const socket = new WebSocket(address);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const browser = new Browser(process, dir, socket);
    const { targetInfos } = await browser.ask("Target.getTargets");
    const targets = targetInfos as { targetId: string; type: string }[];
    const targetId = targets.find(({ type }) => type === "page")?.targetId;
    const attached = await browser.ask("Target.attachToTarget", { targetId, flatten: true });
    browser.session = String(attached["sessionId"]);
    for (const domain of ["Page", "Runtime", "Log", "Network"])
      await browser.ask(`${domain}.enable`);
    return browser;
  }

  private constructor(
    process: Bun.Subprocess<"ignore", "ignore", "pipe">,
    dir: string,
    socket: WebSocket,
  ) {
    this.process = process;
    this.dir = dir;
    this.socket = socket;
    socket.addEventListener("message", ({ data }) => this.take(JSON.parse(String(data))));
  }

  async close(): Promise<void> {
    this.socket.close();
    this.process.kill("SIGKILL");
    await this.process.exited;
    rmSync(this.dir, { recursive: true, force: true });
  }

  async resize(width: number, height: number): Promise<void> {
    const size = { width, height, deviceScaleFactor: 1, mobile: width < 600 };
    await this.ask("Emulation.setDeviceMetricsOverride", size);
  }

  async visit(url: string): Promise<void> {
    await this.ask("Page.navigate", { url });
  }

  /** The value of an expression in the page. */
  async read(expression: string): Promise<unknown> {
    const answer = await this.ask("Runtime.evaluate", { expression, returnByValue: true });
    return (answer["result"] as { value?: unknown }).value;
  }

  /** Waits until the expression is true in the page. */
  async untilTrue(expression: string): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while ((await this.read(expression)) !== true) {
      if (performance.now() > end) throw new Error(`waited in vain: ${expression}`);
    }
  }

  async key(key: string): Promise<void> {
    for (const type of ["keyDown", "keyUp"])
      await this.ask("Input.dispatchKeyEvent", { type, key });
  }

  private async ask(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.count;
    const message = await new Promise<Message>((resolve) => {
      this.waiting.set(id, resolve);
      const session = this.session === "" ? {} : { sessionId: this.session };
      this.socket.send(JSON.stringify({ id, method, params, ...session }));
    });
    if (message.error !== undefined) throw new Error(`${method}: ${message.error.message}`);
    return message.result ?? {};
  }

  private take(message: Message): void {
    if (message.id !== undefined) {
      this.waiting.get(message.id)?.(message);
      this.waiting.delete(message.id);
      return;
    }
    const text = JSON.stringify(message.params);
    const { method } = message;
    if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded") {
      this.complaints.push(text);
    }
    const isLoud = message.params?.["type"] === "error" || message.params?.["type"] === "warning";
    if (method === "Runtime.consoleAPICalled" && isLoud) this.complaints.push(text);
  }
}
