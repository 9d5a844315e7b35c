/** SecondBuild: run before a program, it knows those of the first build, and a version that has. */
import { RULES, type RuleSet } from "../../src/engine/rules.ts";
import { NAIVE_RULES, type NaiveRuleSet } from "../../src/naive/naive-rules.ts";
import "./first-build.ts";
import { CURED, NAIVE_CURED } from "./second-rules.ts";

(RULES as Map<number, RuleSet>).set(2, CURED.get(2)!);
(NAIVE_RULES as Map<number, NaiveRuleSet>).set(2, NAIVE_CURED.get(2)!);
