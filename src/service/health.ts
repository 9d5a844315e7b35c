/**
 * Health: asks the running service of this machine whether it is ready, for supervisors whose
 * image holds no other program: `ingress-verifier --healthcheck`, with the flags of the service.
 *
 * Exit codes: 0 ready, 1 alive but not ready (it drains), 3 nobody answers.
 */
import type { ListenAddress } from "../edges/config-address.ts";
import { formatListenAddress } from "../edges/config-address.ts";
import { EXIT_REFUSED, EXIT_UNREACHABLE, ServiceEnd } from "./start.ts";

export const HEALTH_SWITCH = "healthcheck";
export const HEALTH_HELP =
  "  --healthcheck      ask the one that runs here whether it is ready, then end";

const ANSWER_MS_MAX = 2000;

/** Who listens on every address is asked on loopback. */
const LOOPBACK: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "::": "::1" };

/** Resolves if it is ready; throws ServiceEnd with the reason otherwise. */
export async function checkHealth({ host, port }: ListenAddress): Promise<void> {
  const address = formatListenAddress({ host: LOOPBACK[host] ?? host, port });
  const answer = await ask(`http://${address}/readyz`);
  if (typeof answer === "string") {
    throw new ServiceEnd(EXIT_UNREACHABLE, `${address} does not answer: ${answer}`);
  }
  if (answer !== 200) throw new ServiceEnd(EXIT_REFUSED, `${address} is not ready (${answer})`);
}

/** The HTTP status, or why there is none. */
async function ask(url: string): Promise<number | string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    return answer.status;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
