import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Market } from "./market.js";

/**
 * The market through a wallet of one's own. It would bring unaudited providers, numbers of deployments that we choose, and no dependence on one web
 * service; it needs a signer, gas and the compute credit.
 *
 * @throws INVALID_CONFIG always: not available yet.
 */
export function walletMarket(backend: string): Market {
  throw new SchedulerError(
    "INVALID_CONFIG",
    `${backend}: a wallet of one's own is not available yet as \`signer\`. Leave the option out and use the Console's managed wallet: set AKASH_API_KEY.`,
    { effect: "none", details: { field: "signer", reason: "not-available-yet", backend } },
  );
}
