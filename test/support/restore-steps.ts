/** RestoreSteps: what the stories of a lost Redis share. */
import { HttpClient } from "../../src/client/http.ts";
import { type KillFleet, until } from "./kill-fleet.ts";

export const PARTS = ["matcher", "settlement", "ingress"] as const;
export const MAIN = "src/cli/main.ts";
/** Records are exported when the test says so: what comes behind is lost for certain. */
export const FLAGS = ["--settlement-publish-delay-ms=3600000"];

export async function checkpointAt(fleet: KillFleet, position: number): Promise<void> {
  const http = new HttpClient({ settlement: fleet.address.settlement });
  const covers = async (): Promise<boolean> => {
    const { shards } = await http.status();
    return (shards[0]?.checkpoint?.position ?? 0) >= position;
  };
  await until(covers, "a checkpoint");
}

export async function cli(fleet: KillFleet, name: string, ...args: string[]): Promise<string> {
  const code = await fleet.run(name, [MAIN, ...args]);
  if (code !== 0) throw new Error(`clob ${args.join(" ")}: ${fleet.said(name)}`);
  return fleet.said(name);
}
