/**
 * Logger: one JSON object per line, for machines that keep logs.
 *
 *   {"severity":"INFO","time":"2026-11-22T20:49:00.123Z","message":"ready","shard":1,"position":7}
 *
 * Severities are those of Cloud Logging. Fields are snake_case. No line is written per order, and
 * no line holds a key: all of it passes through redact.ts. A log that cannot be written is no
 * reason to stop trading: lines are dropped, and their number is told with the next one.
 */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import { HOST_CLOCK } from "./clock.ts";
import { redactField, redactText } from "./redact.ts";

export const SEVERITIES = ["debug", "info", "warning", "error"] as const;
export type Severity = (typeof SEVERITIES)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/** Where lines go. `write` gets a whole line with its end; it may throw. */
export interface LogSink {
  write(line: string): void;
  close(): void;
}

export interface LoggerOptions {
  readonly sink: LogSink;
  readonly severityMin: Severity;
  /** In every line, such as the service. */
  readonly fields?: LogFields;
  /** Milliseconds since 1970; the host's clock if absent. */
  readonly nowMs?: () => number;
}

/** These come first and cannot be overwritten by a field. */
const RESERVED = new Set(["severity", "time", "message"]);

export class Logger {
  private readonly sink: LogSink;
  private readonly level: number;
  private readonly fields: LogFields;
  private readonly nowMs: () => number;
  private dropped = 0;

  constructor(options: LoggerOptions) {
    this.sink = options.sink;
    this.level = SEVERITIES.indexOf(options.severityMin);
    this.fields = options.fields ?? {};
    this.nowMs = options.nowMs ?? (() => HOST_CLOCK.wallMs());
  }

  /** The same log, with these fields in each line. */
  with(fields: LogFields): Logger {
    const severityMin = SEVERITIES[this.level] ?? "info";
    const all = { ...this.fields, ...fields };
    return new Logger({ sink: this.sink, severityMin, fields: all, nowMs: this.nowMs });
  }

  debug(message: string, fields: LogFields = {}): void {
    this.write("debug", message, fields);
  }

  info(message: string, fields: LogFields = {}): void {
    this.write("info", message, fields);
  }

  warning(message: string, fields: LogFields = {}): void {
    this.write("warning", message, fields);
  }

  error(message: string, fields: LogFields = {}): void {
    this.write("error", message, fields);
  }

  close(): void {
    this.sink.close();
  }

  private write(severity: Severity, message: string, fields: LogFields): void {
    if (SEVERITIES.indexOf(severity) < this.level) return;
    const line: Record<string, unknown> = {
      severity: severity.toUpperCase(),
      time: new Date(this.nowMs()).toISOString(),
      message: redactText(message),
    };
    for (const [name, value] of Object.entries({ ...this.fields, ...fields })) {
      line[RESERVED.has(name) ? `${name}_` : name] = redactField(name, value);
    }
    if (this.dropped > 0) line["lines_dropped"] = this.dropped;
    try {
      this.sink.write(`${JSON.stringify(line)}\n`);
      this.dropped = 0;
    } catch {
      this.dropped++;
    }
  }
}

/** Services write to stdout; tools, whose stdout is data, to stderr. */
export function streamSink(stream: "stdout" | "stderr"): LogSink {
  return {
    write: (line) => {
      process[stream].write(line);
    },
    close: () => {},
  };
}

/**
 * A file that is appended to. Before it grows past `bytesMax` it becomes `path.1`, whose
 * predecessor is gone, so that at most twice that much lies on disk.
 */
export function fileSink(path: string, bytesMax: number): LogSink {
  let file = openSync(path, "a", 0o600);
  let size = fstatSync(file).size;
  return {
    write(line: string): void {
      const bytes = Buffer.from(line);
      if (size > 0 && size + bytes.length > bytesMax) {
        renameSync(path, `${path}.1`);
        closeSync(file);
        file = openSync(path, "a", 0o600);
        size = 0;
      }
      size += writeSync(file, bytes);
    },
    close: () => closeSync(file),
  };
}
