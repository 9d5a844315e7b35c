/**
 * Completion: static scripts for bash, zsh and fish, made from the command table.
 */
import type { CommandSpec, OptionSpecs } from "./command.ts";
import { GLOBAL_OPTIONS } from "./global-options.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, table: readonly CommandSpec[]): string {
  if (shell === "bash") return bash(table);
  return shell === "zsh" ? zsh(table) : fish(table);
}

/** First words, and second words by first word. */
function tree(table: readonly CommandSpec[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { name } of table) {
    const [first = "", second] = name.split(" ");
    const seconds = groups.get(first) ?? [];
    if (second !== undefined) seconds.push(second);
    groups.set(first, seconds);
  }
  return groups;
}

function flags(options: OptionSpecs): string {
  return Object.keys({ ...options, ...GLOBAL_OPTIONS })
    .map((name) => `--${name}`)
    .join(" ");
}

function valueCases(table: readonly CommandSpec[]): string[] {
  const choices = new Map<string, readonly string[]>();
  for (const options of [GLOBAL_OPTIONS, ...table.map((one) => one.options)]) {
    for (const [name, { among, bare }] of Object.entries(options)) {
      if (among !== undefined && bare === undefined) choices.set(name, among);
    }
  }
  return [...choices].map(
    ([name, among]) =>
      `    --${name}) COMPREPLY=($(compgen -W "${among.join(" ")}" -- "$cur")); return ;;`,
  );
}

function bash(table: readonly CommandSpec[]): string {
  const groups = tree(table);
  const seconds = [...groups]
    .filter(([, words]) => words.length > 0)
    .map(([first, words]) => `      ${first}) words="${words.join(" ")}" ;;`);
  const options = table.map(({ name, options: own }) => `    "${name}") words="${flags(own)}" ;;`);
  return `# bash completion of clob; use: source <(clob completion bash)
_clob() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  local first="\${COMP_WORDS[1]}" second="\${COMP_WORDS[2]}"
  case "$prev" in
${valueCases(table).join("\n")}
  esac
  if [[ "$cur" != -* ]]; then
    if [[ $COMP_CWORD -eq 1 ]]; then words="${[...groups.keys()].join(" ")}"
    elif [[ $COMP_CWORD -eq 2 ]]; then
      case "$first" in
${seconds.join("\n")}
      esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
    [[ \${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "$cur"))
    return
  fi
  case "$first $second" in
${options.filter((line) => /^ {4}"\w[\w-]* /.test(line)).join("\n")}
  esac
  [[ -z "$words" ]] && case "$first" in
${options.filter((line) => !/^ {4}"\w[\w-]* /.test(line)).join("\n")}
  esac
  COMPREPLY=($(compgen -W "\${words:-${flags({})}}" -- "$cur"))
}
complete -F _clob clob
`;
}

function zsh(table: readonly CommandSpec[]): string {
  return `#compdef clob
# zsh completion of clob; use: source <(clob completion zsh)
autoload -U +X bashcompinit && bashcompinit
${bash(table)}`;
}

function fish(table: readonly CommandSpec[]): string {
  const lines = [
    "# fish completion of clob; use: clob completion fish | source",
    "complete -c clob -f",
  ];
  const quote = (text: string): string => `'${text.replaceAll("'", "\\'")}'`;
  for (const { name, about, options } of table) {
    const [first = "", second] = name.split(" ");
    const isFirst = "__fish_use_subcommand";
    const after = `__fish_seen_subcommand_from ${first}`;
    if (second === undefined) {
      lines.push(`complete -c clob -n ${isFirst} -a ${first} -d ${quote(about)}`);
    } else {
      lines.push(`complete -c clob -n ${isFirst} -a ${first}`);
      lines.push(`complete -c clob -n "${after}" -a ${second} -d ${quote(about)}`);
    }
    const last = `__fish_seen_subcommand_from ${second ?? first}`;
    for (const [option, { help, among, value, bare }] of Object.entries(options)) {
      const takes =
        value === undefined || bare !== undefined
          ? ""
          : among === undefined
            ? " -r"
            : ` -x -a "${among.join(" ")}"`;
      lines.push(`complete -c clob -n "${last}" -l ${option}${takes} -d ${quote(help)}`);
    }
  }
  for (const [option, { help, short, value }] of Object.entries(GLOBAL_OPTIONS)) {
    const brief = short === undefined ? "" : ` -s ${short}`;
    const takes = value === undefined ? "" : " -r";
    lines.push(`complete -c clob -l ${option}${brief}${takes} -d ${quote(help)}`);
  }
  return `${[...new Set(lines)].join("\n")}\n`;
}
