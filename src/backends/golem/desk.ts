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
  /** Owners of agreements that were looked up: an agreement never changes hands. */
  readonly owners: Map<string, { readonly key: string; readonly namespace: string } | "nobody">;
  /** The app key taken out of a text. */
  readonly clean: (text: string) => string;
  readonly sessionTagOf: (namespace: string) => string;
}

/** How many owners are remembered before the oldest is forgotten. */
const MOST_OWNERS = 5_000;

/** Agreements of the namespace that are open or being opened, with whose they are. */
export async function openAgreements(
  desk: Desk,
  call: CallContext,
): Promise<readonly { readonly agreementId: string; readonly key: string }[]> {
  const tag = desk.sessionTagOf(call.namespace.id);
  const pages = await Promise.all((["Approved", "Pending"] as const).map((state) => desk.yagna.agreementIds(call, tag, state)));
  const ids = [...new Set(pages.flat())];
  const owned = await Promise.all(ids.map(async (agreementId) => ({ agreementId, owner: await ownerOfId(desk, agreementId, call) })));
  return owned.flatMap(({ agreementId, owner }) =>
    owner === "nobody" || owner.namespace !== call.namespace.id ? [] : [{ agreementId, key: owner.key }],
  );
}

async function ownerOfId(
  desk: Desk,
  agreementId: string,
  call: CallContext,
): Promise<{ readonly key: string; readonly namespace: string } | "nobody"> {
  const known = desk.owners.get(agreementId);
  if (known !== undefined) return known;
  const agreement = await desk.yagna.agreement(call, agreementId);
  const owner = (agreement && ownerOf(agreement)) ?? "nobody";
  const [oldest] = desk.owners.keys();
  if (desk.owners.size >= MOST_OWNERS && oldest !== undefined) desk.owners.delete(oldest);
  desk.owners.set(agreementId, owner);
  return owner;
}

/** Takes these values out of texts. */
export function cleanerOf(values: readonly string[], also: (text: string) => string = (text) => text): (text: string) => string {
  const redactor = createRedactor();
  for (const value of values) redactor.add(value);
  return (text) => redactor.clean(also(text));
}
