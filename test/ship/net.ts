/**
 * Net: a network of its own, loopback alone, so that services listen on the ports they ship with
 * and meet nobody else's. Whatever is to live in it starts with `within`.
 */
export class Net {
  private readonly child: Bun.Subprocess<"ignore", "pipe", "ignore">;

  private constructor(child: Bun.Subprocess<"ignore", "pipe", "ignore">) {
    this.child = child;
  }

  static async open(): Promise<Net> {
    const script = "ip link set lo up && echo up && exec sleep infinity";
    const child = Bun.spawn(["unshare", "--net", "sh", "-c", script], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "ignore",
    });
    process.once("exit", () => child.kill("SIGKILL"));
    const { value } = await child.stdout.getReader().read();
    if (value === undefined) throw new Error("no network namespace can be made here");
    return new Net(child);
  }

  within(command: readonly string[]): string[] {
    return ["nsenter", `--net=/proc/${this.child.pid}/ns/net`, ...command];
  }

  /** What is served at a URL in there. */
  async get(url: string): Promise<{ readonly status: number; readonly text: string }> {
    const script =
      "const r = await fetch(process.argv[1]); " +
      "console.log(JSON.stringify({ status: r.status, text: await r.text() }))";
    const command = this.within([process.execPath, "-e", script, url]);
    const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
    const text = await new Response(child.stdout).text();
    if ((await child.exited) !== 0) throw new Error(await new Response(child.stderr).text());
    return JSON.parse(text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.exited;
  }
}
