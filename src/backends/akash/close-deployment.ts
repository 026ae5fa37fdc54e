import { poll } from "../../kit/poll.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Market } from "./market.js";

/** Whether nothing of a deployment is open any more. */
export async function isClosed(market: Market, dseq: string, call: CallContext): Promise<boolean> {
  const found = await market.deployment(call, dseq);
  return found === undefined || found.deployment.state === "closed";
}

/** Closes a deployment and looks whether it is closed, for so long. False: it is not, as far as can be seen. */
export async function closeDeployment(
  { backend, market, waitMs }: { readonly backend: string; readonly market: Market; readonly waitMs: number },
  dseq: string,
  call: CallContext,
): Promise<boolean> {
  await market.close(call, dseq);
  const seen = await poll(call, async () => ((await isClosed(market, dseq, call)) ? true : undefined), {
    backend,
    what: "the end of the deployment",
    everyMs: 1_000,
    forMs: waitMs,
  });
  return seen ?? false;
}
