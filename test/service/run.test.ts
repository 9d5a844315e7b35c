/** How a service ends when one of its parts has faulted and the others wait for that one. */
import { expect, test } from "bun:test";
import { LogFault } from "../../src/edges/log.ts";
import { Logger } from "../../src/edges/logger.ts";
import { untilStopped } from "../../src/service/run.ts";

test("a fault ends the service, whatever still waits for the part that had it", async () => {
  const lines: string[] = [];
  const sink = { write: (line: string) => void lines.push(line), close: () => undefined };
  const logger = new Logger({ sink, severityMin: "info" });
  const never = new Promise<void>(() => undefined);
  const ending = untilStopped(logger, [], async (onFault) => {
    queueMicrotask(() => onFault(new LogFault("the disk is full")));
    return { stop: () => never };
  });
  await expect(ending).rejects.toThrow("the disk is full");
  expect(lines.map((line) => JSON.parse(line).message)).toEqual([
    "fault",
    "ready",
    "stopping",
    "stopped",
  ]);
});
