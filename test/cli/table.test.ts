/**
 * The command table and all that is made from it: help, completion, the page; and wrong calls.
 */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cliDocs } from "../../src/cli/cli-docs.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { completionScript } from "../../src/cli/completion.ts";
import { parseCall } from "../../src/cli/parse.ts";
import { callForm } from "../../src/edges/call-form.ts";
import { clob } from "./capture.ts";

const NAMES = COMMANDS.map(({ name }) => name);

test("docs/CLI.md is what the table says", () => {
  const page = readFileSync(join(import.meta.dir, "../../docs/CLI.md"), "utf8");
  expect(page).toBe(cliDocs());
});

test("the table has every command that was asked for, each once", () => {
  const asked =
    "status,markets,init,keygen,account open,account show,order buy,order sell,order show,cancel," +
    "cancel-all,replace,dead-man,orders,fills,balance,withdraw,book,trades,export,verify,doctor," +
    "config show,load,completion,admin market,admin account,admin deposit,admin apply," +
    "admin fence,admin clear,key add,key revoke";
  expect(asked.split(",").filter((name) => !NAMES.includes(name))).toEqual([]);
  expect(new Set(NAMES).size).toBe(NAMES.length);
});

test("every example is a call of its own command", () => {
  for (const command of COMMANDS) {
    expect(command.examples.length).toBeGreaterThan(0);
    for (const example of command.examples) {
      const words = /clob ([^|)]+)/.exec(example)![1]!.trim().split(/\s+/);
      const call = parseCall(COMMANDS, words);
      expect([example, call.command?.name]).toEqual([example, command.name]);
    }
  }
});

test("help names every command, and each command's help its options", async () => {
  const { out, code } = await clob(["--help"]);
  expect(code).toBe(0);
  expect(NAMES.filter((name) => !out.includes(`  ${name}`))).toEqual([]);
  for (const command of COMMANDS) {
    if (command.isRaw === true) continue;
    const help = (await clob([...command.name.split(" "), "--help"])).out;
    const missing = Object.keys(command.options).filter((name) => !help.includes(`--${name}`));
    expect([command.name, missing]).toEqual([command.name, []]);
    expect(help).toContain(command.examples[0]!);
  }
});

describe("completion", () => {
  test.each(["bash", "zsh", "fish"] as const)("of %s knows every word", (shell) => {
    const script = completionScript(shell, COMMANDS);
    const words = new Set(NAMES.flatMap((name) => name.split(" ")));
    expect([...words].filter((word) => !script.includes(word))).toEqual([]);
  });

  test("works in a bash", () => {
    const script = completionScript("bash", COMMANDS);
    const complete = (...words: string[]): string[] => {
      const line = ["clob", ...words].map((word) => `'${word}'`).join(" ");
      const state = `COMP_WORDS=(${line}); COMP_CWORD=${words.length}`;
      const ask = `${state}; _clob; echo "\${COMPREPLY[@]}"`;
      const { stdout, stderr } = Bun.spawnSync(["bash", "-c", `${script}\n${ask}`]);
      expect(stderr.toString()).toBe("");
      return stdout.toString().trim().split(" ");
    };
    expect(complete("ord")).toEqual(["order", "orders"]);
    expect(complete("order", "")).toEqual(["buy", "sell", "show"]);
    expect(complete("order", "buy", "--po")).toEqual(["--post-only"]);
    expect(complete("order", "buy", "BTC-USD", "1", "--tif", "i")).toEqual(["ioc"]);
    expect(complete("order", "buy", "BTC-USD", "1", "--stp", "d")).toEqual(["decrement"]);
    expect(complete("verify", "--e")).toEqual(["--engine"]);
  });
});

describe("a call that is wrong", () => {
  const calls: readonly (readonly [string, string])[] = [
    ["ordre buy BTC-USD 1", 'there is no command "ordre buy" (did you mean "order buy"?)'],
    ["stauts", 'there is no command "stauts" (did you mean "status"?)'],
    [
      "admin acount suspend 1",
      'there is no command "admin acount" (did you mean "admin account"?)',
    ],
    ["order buy BTC-USD", "order buy needs QUANTITY: how much of the base asset, such as 0.5"],
    ["order buy BTC-USD  --limit 5", "order buy needs QUANTITY: how much"],
    ["markets x", 'markets does not know what to do with "x"'],
    ["order buy A 1 --limt 5", "order buy has no option --limt (did you mean --limit?)"],
    ["order buy A 1 --limit", "--limit takes a value"],
    ["order buy A -1 --limit 5", "-1 is negative; quantities and amounts have no sign"],
    ["admin deposit 1 USD -0.5", "-0.5 is negative"],
    [
      "order buy A 1 --tif gtx",
      '--tif is one of gtc, day, ioc, fok, not "gtx" (did you mean "gtc"?)',
    ],
    ["status -o yaml", '--output is one of text, json, not "yaml"'],
    ["status --timeout soon", '--timeout is an integer of 1 or more, not "soon"'],
    ["status --settlement ::", '--settlement is a URL or HOST:PORT, not "::"'],
    ["status --tcp 99999999", "--tcp is HOST:PORT"],
    ["status --config /nowhere.toml", "there is no such file"],
    ["cancel abc", 'ID is an order id such as 9-55-0 or a client id, not "abc"'],
    ["order show 7", 'ID is an order id such as 9-55-0, not "7"'],
    ["order buy A 1 --limit -5", '--limit takes a value, which cannot begin with "-"'],
    ["order buy A 1 --limit 5 --gtd 30m --day", "--tif, --gtd and --day exclude each other"],
    ["order buy A 1 --limit 5 --gtd 2026-12-31", "--gtd is a time with its zone such as"],
    ["order buy A 1 --limit 5 --type stop", "--type stop goes with --stop and no --limit; this is"],
    ["order buy A 1 --gtd 30m", "a market order never rests: its time in force is ioc or fok"],
    ["order buy A 1 --stop 5 --tif ioc", "a stop may wait: its time in force is gtc, gtd or day"],
    ["order buy A 1 --limit 5 --budget 5", "a budget is for market orders that are ioc"],
    ["order buy A max --limit 5", "QUANTITY max is for orders with a --budget"],
    ["order buy A 1 --limit 5 --slippage 1", "--slippage is for market orders and stops"],
    ["order buy A 1 --stop 5 --post-only", "post-only is for limit orders that may rest"],
    ["order buy A 1 --limit 5 --post-only=slid", '--post-only is one of reject, slide, not "slid"'],
    ["dead-man 5", 'TIME is a span such as 30s or 15m, or off, not "5"'],
    ["dead-man 0s", 'TIME is a span such as 30s or 15m, or off, not "0s"'],
    ["dead-man 2d", 'TIME is at most 1d, not "2d"'],
    ["transfer USD 5", "transfer needs --to SHARD"],
    ["transfer USD 5 --from 1 --to 1", "--from and --to are both shard 1: nothing would move"],
    ["cancel 5", "5 is a client id: say in which market with --market"],
    ["replace 1-1-0", "replace needs --price and --quantity"],
    ["verify x --venue 12", '--venue is 64 hex digits, not "12"'],
    ["withdraw USD 5", "withdraw needs --to with 64 hex digits"],
    ["withdraw USD 5 --to 00", 'withdraw needs --to with 64 hex digits, not "00"'],
    ["completion tcsh", 'SHELL is one of bash, zsh, fish, not "tcsh"'],
    ["admin market stop X", "ACTION is list, halt, resume"],
    ["admin account suspend x", 'ACCOUNT is an integer of 1 or more, not "x"'],
    ["account open --scopes fly", 'not "fly"'],
  ];
  test.each(calls)("%s", async (line, words) => {
    const env = { CLOB_SETTLEMENT: "http://127.0.0.1:1", CLOB_KEY: "no-such.pem" };
    const text = await clob(line.split(" "), env);
    expect([text.out, text.code]).toEqual(["", 2]);
    expect(text.err).toContain(words);
    const json = await clob([...line.split(" "), "-o", "json"], env);
    if (line.includes("-o yaml") || line.endsWith("--limit")) return;
    expect([json.err, json.code]).toEqual(["", 2]);
    expect(JSON.parse(json.out).error.code).toBe("usage");
    expect(JSON.parse(json.out).error.message).toContain(words);
  });
});

test("-o json gives JSON for help, version and a group without a command", async () => {
  for (const line of ["--help", "--version", "order", "order buy --help", "-o json"]) {
    const { out } = await clob([...line.split(" "), "--output=json"]);
    expect(typeof JSON.parse(out).text).toBe("string");
  }
  expect((await clob(["order"])).code).toBe(2);
  expect((await clob(["order", "--help"])).code).toBe(0);
});

test("a hint names our commands as its reader runs them", () => {
  const npm = { npm_lifecycle_event: "start", npm_config_user_agent: "npm/11.0.0 node/v22.0.0" };
  const bun = { npm_lifecycle_event: "start", npm_config_user_agent: "bun/1.4.5 npm/? node/v26" };
  expect([npm, bun, {}].map((env) => callForm(env))).toEqual([
    { clob: "npm run -s clob --", start: "npm start" },
    { clob: "bun run clob", start: "bun start" },
    { clob: "clob", start: "npm start" },
  ]);
});

test("a venue that is away is exit code 3 and says how to start it", async () => {
  const env = { CLOB_SETTLEMENT: "http://127.0.0.1:1" };
  const { code, err } = await clob(["status"], env);
  expect(code).toBe(3);
  expect(err).toBe(
    "clob: http://127.0.0.1:1 does not answer: nobody listens there\n" +
      "Is the venue running? Start it with: npm start\n",
  );
  const json = await clob(["status", "-o", "json"], env);
  expect(JSON.parse(json.out).error).toMatchObject({ code: "unreachable", retryable: true });
});
