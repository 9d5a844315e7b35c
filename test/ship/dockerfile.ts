/**
 * Dockerfile: reads one into its stages, as far as ours go: comments, continued lines, ARG, FROM,
 * COPY, RUN, ENV and the rest, each with its words. A line that is no instruction throws.
 */
export interface Instruction {
  /** In capitals. */
  readonly name: string;
  /** What stands behind the name, on one line. */
  readonly text: string;
}

export interface Stage {
  readonly base: string;
  /** Of AS, or "". */
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

const KNOWN = ["FROM", "RUN", "WORKDIR", "COPY", "ARG", "LABEL", "ENV", "USER", "EXPOSE"].concat([
  "STOPSIGNAL",
  "HEALTHCHECK",
  "ENTRYPOINT",
  "CMD",
]);

export function readDockerfile(text: string): Stage[] {
  const lines = text
    .split("\n")
    .filter((line) => !/^\s*#/.test(line))
    .join("\n")
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const stages: { base: string; name: string; instructions: Instruction[] }[] = [];
  for (const line of lines) {
    const [name = "", rest = ""] = line.trim().split(/\s+(.*)/s);
    if (!KNOWN.includes(name)) throw new Error(`not an instruction: ${line}`);
    if (name === "FROM") {
      const [base = "", as, stage = ""] = rest.split(/\s+/);
      if (as !== undefined && as !== "AS") throw new Error(`not a FROM: ${line}`);
      stages.push({ base, name: stage, instructions: [] });
    } else {
      stages.at(-1)?.instructions.push({ name, text: rest });
    }
  }
  return stages;
}

/** The texts of all instructions of that name. */
export function textsOf(stage: Stage, name: string): string[] {
  return stage.instructions.filter((one) => one.name === name).map(({ text }) => text);
}

/** The words of an instruction in exec form; null in shell form. */
export function execForm(text: string): string[] | null {
  return text.startsWith("[") ? JSON.parse(text) : null;
}

/** ENV A=b C=d, or ARG A=b. */
export function pairsOf(texts: readonly string[]): Record<string, string> {
  const pairs = texts.flatMap((text) => [...text.matchAll(/([A-Z_]+)=("[^"]*"|\S*)/g)]);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value?.replace(/^"|"$/g, "")]));
}
