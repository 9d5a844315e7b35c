/**
 * Reads a TypeScript source as text, for the tidy test: which part is code, comment, string.
 *
 *   source   const a = "b"; // c
 *   code     const a = "b";         comments blanked out
 *   bare     const a = " ";         and the insides of strings, templates and patterns too
 *
 * Each blanked character becomes a space and line ends stay, so a position or line number means the
 * same in all three. Code inside a template's `${}` stays code.
 */

/** A `/` opens a pattern, and does not divide, where a value may begin: after one of these. */
const BEFORE_PATTERN = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|of|in))\s*$/;
const LOOK_BACK = 40;
const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const QUOTED = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/y;
const PATTERN = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\//y;
const TEMPLATE_PIECE = /[`}](?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{)/y;

export class SourceText {
  readonly source: string;
  readonly code: string;
  readonly bare: string;
  private readonly codeChars: string[];
  private readonly bareChars: string[];
  private readonly openTemplates: number[] = []; // Depth of braces at each `${` not closed yet.
  private depth = 0;
  private at = 0;

  constructor(source: string) {
    this.source = source;
    this.codeChars = source.split("");
    this.bareChars = source.split("");
    while (this.at < source.length) this.step();
    this.code = this.codeChars.join("");
    this.bare = this.bareChars.join("");
  }

  lineOf(position: number): number {
    return this.source.slice(0, position).split("\n").length;
  }

  private step(): void {
    const char = this.source[this.at];
    if (char === "/" && (this.comment() || this.pattern())) return;
    if ((char === '"' || char === "'") && this.hide(QUOTED)) return;
    if (char === "`" && this.template()) return;
    if (char === "}" && this.openTemplates.at(-1) === this.depth) {
      this.openTemplates.pop();
      if (this.template()) return;
    }
    if (char === "{") this.depth++;
    if (char === "}") this.depth--;
    this.at++;
  }

  private comment(): boolean {
    const text = this.match(COMMENT);
    this.blank(this.codeChars, this.at, this.at + text.length);
    this.blank(this.bareChars, this.at, this.at + text.length);
    this.at += text.length;
    return text !== "";
  }

  private pattern(): boolean {
    const before = this.bareChars.slice(Math.max(0, this.at - LOOK_BACK), this.at).join("");
    return BEFORE_PATTERN.test(before) && this.hide(PATTERN);
  }

  /** From a backtick, or from the brace that closes a `${}`, to the next of either kind. */
  private template(): boolean {
    if (this.match(TEMPLATE_PIECE).endsWith("${")) this.openTemplates.push(this.depth);
    return this.hide(TEMPLATE_PIECE);
  }

  /** Blanks what stands between the first and the last character of the match. */
  private hide(pattern: RegExp): boolean {
    const text = this.match(pattern);
    this.blank(this.bareChars, this.at + 1, this.at + text.length - 1);
    this.at += text.length;
    return text !== "";
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    return pattern.exec(this.source)?.[0] ?? "";
  }

  private blank(chars: string[], from: number, to: number): void {
    for (let i = from; i < to; i++) if (chars[i] !== "\n") chars[i] = " ";
  }
}
