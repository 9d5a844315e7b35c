/** FirstBuild: run before a program, it knows rules that have no answer to a withdrawal of 666. */
import { RULES, type RuleSet } from "../../src/engine/rules.ts";
import { NAIVE_RULES, type NaiveRuleSet } from "../../src/naive/naive-rules.ts";
import { CURED, NAIVE_CURED } from "./second-rules.ts";

(RULES as Map<number, RuleSet>).set(1, CURED.get(1)!);
(NAIVE_RULES as Map<number, NaiveRuleSet>).set(1, NAIVE_CURED.get(1)!);
