/**
 * The alerts of deploy/prometheus/rules.yml by Prometheus's own tool: each fires on the numbers of
 * its trouble, after its patience and not before, and is quiet on numbers that are well.
 *
 * That a running venue exports these metrics: alerts.test.ts. Needs promtool (Debian: prometheus).
 */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const RULES = join(import.meta.dir, "..", "..", "deploy", "prometheus", "rules.yml");

/** Series by name and labels, with values as promtool writes them: start+step x times. */
type Series = Readonly<Record<string, string>>;

interface Trouble {
  readonly bad: Series;
  readonly well: Series;
  /** Labels that the alert carries, beside its own. */
  readonly labels: Readonly<Record<string, string>>;
}

const SHARD = { shard: "2" };
const ALWAYS = (value: number): string => `${value}+0x200`;
const RISING = "0+60x200";

const TROUBLES: Readonly<Record<string, Trouble>> = {
  ServiceDown: {
    bad: { 'up{job="clob-ingress"}': ALWAYS(0) },
    well: { 'up{job="clob-ingress"}': ALWAYS(1), 'up{job="other"}': ALWAYS(0) },
    labels: { job: "clob-ingress" },
  },
  ShardHalted: {
    bad: { 'clob_settlement_halted_info{shard="2"}': ALWAYS(1) },
    well: { 'clob_settlement_halted_info{shard="2"}': ALWAYS(0) },
    labels: SHARD,
  },
  MatcherStandsStill: {
    bad: {
      'clob_ingress_unmatched_records{shard="2"}': ALWAYS(5),
      'clob_ingress_position{shard="2"}': ALWAYS(1000),
    },
    well: {
      'clob_ingress_unmatched_records{shard="2"}': ALWAYS(5),
      'clob_ingress_position{shard="2"}': RISING,
    },
    labels: SHARD,
  },
  OrdersRefusedAsOverloaded: {
    bad: { 'clob_ingress_frames_overloaded_total{shard="2"}': RISING },
    well: { 'clob_ingress_frames_overloaded_total{shard="2"}': ALWAYS(7) },
    labels: {},
  },
  ShardWithoutLeader: {
    bad: two("clob_matcher_is_leader", 0, 0),
    well: two("clob_matcher_is_leader", 0, 1),
    labels: SHARD,
  },
  NoStandby: {
    bad: { 'clob_matcher_is_leader{shard="2",instance="a"}': ALWAYS(1) },
    well: two("clob_matcher_is_leader", 1, 0),
    labels: SHARD,
  },
  LogLostItsSuffix: {
    bad: {
      'clob_matcher_losses_total{shard="2"}': "0+0x10 1+0x190",
      'clob_ingress_losses_total{shard="2"}': ALWAYS(0),
    },
    well: {
      'clob_matcher_losses_total{shard="2"}': ALWAYS(3),
      'clob_ingress_losses_total{shard="2"}': ALWAYS(3),
    },
    labels: {},
  },
  SettlementBehind: {
    bad: two("clob_settlement_lag_records", 200_000, 150_000),
    well: two("clob_settlement_lag_records", 200_000, 12),
    labels: SHARD,
  },
  ExportBehind: {
    bad: two("clob_export_lag_seconds", 400, 600),
    well: two("clob_export_lag_seconds", 20, 600),
    labels: SHARD,
  },
  NoCheckpoint: {
    bad: two("clob_settlement_checkpoint_age_seconds", 400, 600),
    well: two("clob_settlement_checkpoint_age_seconds", 2, 600),
    labels: SHARD,
  },
  CarrierStandsStill: {
    bad: two("clob_settlement_carry_stalled_seconds", 300, 200),
    well: two("clob_settlement_carry_stalled_seconds", 300, 0),
    labels: SHARD,
  },
  ConnectionsRefused: {
    bad: { clob_ingress_connections_refused_total: "0+100x200" },
    well: { clob_ingress_connections_refused_total: "0+1x200" },
    labels: {},
  },
};

/** Of two machines of one shard. */
function two(name: string, first: number, second: number): Series {
  const of = (instance: string): string => `${name}{shard="2",instance="${instance}"}`;
  return { [of("a")]: ALWAYS(first), [of("b")]: ALWAYS(second) };
}

interface Rule {
  readonly alert: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string };
}

const { groups } = Bun.YAML.parse(readFileSync(RULES, "utf8")) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
/** In 30 s steps from minute 0; by then whatever is to fire has. */
const LATE = "60m";

function inputOf(series: Series): { series: string; values: string }[] {
  return Object.entries(series).map(([name, values]) => ({ series: name, values }));
}

function alertOf(rule: Rule, labels: Readonly<Record<string, string>>) {
  const filled = (text: string): string =>
    text.replaceAll(/\{\{ *\$labels\.(\w+) *\}\}/g, (_, name: string) => labels[name] ?? "");
  const annotations = Object.entries(rule.annotations).map(([name, text]) => [name, filled(text)]);
  return {
    exp_labels: { ...rule.labels, ...labels },
    exp_annotations: Object.fromEntries(annotations),
  };
}

const promtool = Bun.which("promtool");

describe.skipIf(promtool === null)("alerts (need promtool, of Debian's prometheus)", () => {
  function judge(file: string, tests: readonly object[]): string {
    const dir = mkdtempSync(join(tmpdir(), "clob-alerts-"));
    const path = join(dir, file);
    writeFileSync(path, JSON.stringify({ rule_files: [RULES], evaluation_interval: "30s", tests }));
    const { exitCode, stdout, stderr } = Bun.spawnSync([promtool ?? "", "test", "rules", path]);
    rmSync(dir, { recursive: true });
    return exitCode === 0 ? "" : `${stdout.toString()}${stderr.toString()}`;
  }

  test("the rules are rules", () => {
    const { exitCode, stderr } = Bun.spawnSync([promtool ?? "", "check", "rules", RULES]);
    expect([exitCode, stderr.toString()]).toEqual([0, ""]);
  });

  test("each alert has its trouble here", () => {
    expect(Object.keys(TROUBLES).toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
  });

  test.each(rules)("$alert fires on its trouble, and on nothing that is well", (rule) => {
    const { bad, well, labels } = TROUBLES[rule.alert]!;
    const late = { eval_time: LATE, alertname: rule.alert };
    const patience = parseInt(rule.for);
    const early = patience === 0 ? [] : [{ eval_time: "30s", alertname: rule.alert }];
    // A loss is told of for ten minutes.
    const fires = rule.alert === "LogLostItsSuffix" ? "6m" : LATE;
    const found = alertOf(rule, labels);
    const tests = [
      {
        interval: "30s",
        input_series: inputOf(bad),
        alert_rule_test: [
          ...early.map((one) => ({ ...one, exp_alerts: [] })),
          { ...late, eval_time: fires, exp_alerts: [found] },
        ],
      },
      {
        interval: "30s",
        input_series: inputOf(well),
        alert_rule_test: [{ ...late, exp_alerts: [] }],
      },
    ];
    expect(judge("alerts.json", tests)).toBe("");
  });
});
