import type { CallContext } from "../../spec/call-context.js";
import type { Market } from "./market.js";
import { createMemory } from "./memory.js";
import type { Provider } from "./wire.js";

/** For how long what was read of a provider is used again, ms: as long as the Console itself keeps it. */
const FRESH_MS = 60_000;
const MOST_PROVIDERS = 1_000;

/** Looks providers up by address. */
export type ProviderBook = (call: CallContext, address: string) => Promise<Provider | undefined>;

/** Makes a {@link ProviderBook} that asks for each at most once a minute. */
export function createProviderBook(market: Pick<Market, "provider">): ProviderBook {
  const known = createMemory<{ readonly provider: Provider | undefined; readonly atMs: number }>(MOST_PROVIDERS);
  return async (call, address) => {
    const nowMs = call.host.monotonic();
    const entry = known.get(address);
    if (entry !== undefined && nowMs - entry.atMs < FRESH_MS) return entry.provider;
    const provider = await market.provider(call, address);
    known.set(address, { provider, atMs: nowMs });
    return provider;
  };
}
