/**
 * Alerts and dashboard as files, against the metrics that a running venue really exports, and
 * against the runbook: each alert has its procedure.
 */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { VenueProcess } from "../support/venue-process.ts";

const DEPLOY = join(import.meta.dir, "..", "..", "deploy");
const text = (...path: string[]): string => readFileSync(join(DEPLOY, ...path), "utf8");

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string }[];
}

const { groups } = Bun.YAML.parse(text("prometheus", "rules.yml")) as {
  groups: { rules: Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const board = JSON.parse(text("grafana", "clob.json")) as { panels: Panel[] };
const panels = board.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => ({ title, expr })),
);

/** Names of our metrics in a query. */
const namesIn = (query: string): string[] => query.match(/clob_\w+/g) ?? [];

test("every metric of every alert and panel is exported by a running venue", async () => {
  await using venue = await VenueProcess.start({ flags: ["--settlement-export=on"] });
  const pages = venue.http.map(async (address) => (await fetch(`${address}/metrics`)).text());
  const exported = (await Promise.all(pages)).join("\n");
  const types = new Map(
    [...exported.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = "", type = ""]) => [
      name,
      type,
    ]),
  );
  const queries = [...rules.map(({ expr }) => expr), ...panels.map(({ expr }) => expr)];
  const used = new Set(queries.flatMap(namesIn));
  expect(used.size).toBeGreaterThan(12);
  expect([...used].filter((name) => !types.has(name))).toEqual([]);
  // What only rises is asked for its rate, and nothing else is.
  for (const query of queries) {
    for (const [, name = ""] of query.matchAll(/(?:rate|increase)\((clob_\w+)/g)) {
      expect([name, types.get(name)]).toEqual([name, "counter"]);
    }
  }
}, 30_000);

test("an alert has a name, a patience, a severity, a sentence, and brackets that close", () => {
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const rule of rules) {
    expect([rule.alert, /^\d+m$/.test(rule.for)]).toEqual([rule.alert, true]);
    expect(["page", "ticket"]).toContain(rule.labels.severity);
    expect(rule.annotations.summary).toEndWith(".");
    expect(rule.expr.split("(").length).toBe(rule.expr.split(")").length);
  }
});

test("the runbook has a procedure for each alert", () => {
  const runbook = readFileSync(join(DEPLOY, "..", "docs", "RUNBOOK.md"), "utf8");
  const headings = [...runbook.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
  expect(rules.map(({ alert }) => alert).filter((name) => !headings.includes(name))).toEqual([]);
});
