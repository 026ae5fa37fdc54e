import { createRedactor } from "../../kit/redact.js";
import type { CallContext } from "../../spec/call-context.js";
import type { BidBook } from "./bid-book.js";
import type { ExchangeRate } from "./exchange-rate.js";
import type { ResolvedOptions } from "./options.js";
import type { Session } from "./session.js";
import { ownerOf } from "./tags.js";
import type { SdkHouse } from "./worker/sdk-house.js";
import type { YagnaClient } from "./yagna-client.js";

/** Everything that the verbs share. One for each backend instance. */
export interface Desk {
  readonly backend: string;
  readonly options: ResolvedOptions;
  readonly yagna: YagnaClient;
  readonly house: SdkHouse;
  readonly rate: ExchangeRate;
  /** `erc20-polygon-glm`. */
  readonly platform: string;
  readonly subnet: string;
  /** Leases of this process that are not released, by key. */
  readonly sessions: Map<string, Session>;
  /** Negotiations under way, by key. */
  readonly books: Map<string, BidBook>;
  /** Agreements that are over or somebody else's, which none of them ever ceases to be. */
  readonly past: Set<string>;
  /** The app key taken out of a text. */
  readonly clean: (text: string) => string;
  readonly sessionTagOf: (namespace: string) => string;
}

/** How many past agreements are remembered before the oldest is forgotten. */
const MOST_PAST = 10_000;

/** Agreements of the namespace that are open or being opened, with whose they are. */
export async function openAgreements(
  desk: Desk,
  call: CallContext,
): Promise<readonly { readonly agreementId: string; readonly key: string }[]> {
  const tag = desk.sessionTagOf(call.namespace.id);
  const pages = await Promise.all((["Approved", "Pending"] as const).map((state) => desk.yagna.agreementIds(call, tag, state)));
  const ids = [...new Set(pages.flat())].filter((id) => !desk.past.has(id));
  const looked = await Promise.all(
    ids.map(async (agreementId) => ({ agreementId, agreement: await desk.yagna.agreement(call, agreementId) })),
  );
  return looked.flatMap(({ agreementId, agreement }) => {
    const owner = agreement && ownerOf(agreement);
    // Looked at once more: a daemon that knows no filter lists what is over as well.
    const isOpen = agreement?.state === "Approved" || agreement?.state === "Pending";
    if (isOpen && owner?.namespace === call.namespace.id) return [{ agreementId, key: owner.key }];
    // A proposal may still become one.
    if ((!isOpen && agreement?.state !== "Proposal") || owner === undefined) remember(desk.past, agreementId);
    return [];
  });
}

function remember(past: Set<string>, id: string): void {
  const [oldest] = past;
  if (past.size >= MOST_PAST && oldest !== undefined) past.delete(oldest);
  past.add(id);
}

/** Takes these values out of texts. */
export function cleanerOf(values: readonly string[], also: (text: string) => string = (text) => text): (text: string) => string {
  const redactor = createRedactor();
  for (const value of values) redactor.add(value);
  return (text) => redactor.clean(also(text));
}
