import { omitUndefined } from "../../kit/omit-undefined.js";
import type { OperatorClass, PlaceFacts } from "../../model/offer.js";
import type { Provider } from "./wire.js";

/** What is known of a provider, and how well. */
export interface ProviderFacts {
  readonly operator: OperatorClass;
  readonly place: PlaceFacts;
  readonly arch?: "x86_64" | "arm64";
}

const COUNTRY = /^[A-Z]{2}$/;

/**
 * Reads a provider's facts. An attribute counts as proven when one of the auditors signed it and, for the country, the place of the provider's address
 * agrees; whatever it says of itself is a claim. That a provider "is audited" by somebody, for something, counts for nothing.
 */
export function factsOf(provider: Provider | undefined, auditors: readonly string[]): ProviderFacts {
  if (provider === undefined) return { operator: "permissionless", place: { proof: "claimed" } };
  const all = provider.attributes ?? [];
  const signed = all.filter(({ auditedBy }) => auditedBy?.some((auditor) => auditors.includes(auditor)) ?? false);
  const arch = archOf(provider.hardwareCpuArch ?? valueIn(all, "capabilities/cpu/arch"));
  return {
    operator: signed.length > 0 ? "audited" : "permissionless",
    place: placeOf(valueIn(signed, "country"), valueIn(all, "country"), provider, valueIn(all, "location-region")),
    ...(arch === undefined ? {} : { arch }),
  };
}

type Attributes = readonly { readonly key: string; readonly value?: string | null | undefined }[];

const valueIn = (attributes: Attributes, key: string): string | undefined =>
  attributes.find((attribute) => attribute.key === key)?.value?.trim() || undefined;

function placeOf(
  signed: string | undefined,
  declared: string | undefined,
  { ipCountryCode }: Provider,
  region: string | undefined,
): PlaceFacts {
  const measured = ipCountryCode?.trim().toUpperCase();
  const isMeasured = measured !== undefined && COUNTRY.test(measured);
  if (signed !== undefined && COUNTRY.test(signed)) {
    // An address elsewhere contradicts the signature: then nothing is known.
    if (isMeasured && measured !== signed) return omitUndefined({ region, proof: "claimed" });
    return omitUndefined({ country: signed, region, proof: isMeasured ? "audited" : "claimed" });
  }
  const claimed = declared !== undefined && COUNTRY.test(declared) ? declared : isMeasured ? measured : undefined;
  return omitUndefined({ country: claimed, region, proof: "claimed" });
}

/** The vocabulary has `x86-64` and `arm-64`; providers write it in other ways as well. */
function archOf(text: string | undefined): ProviderFacts["arch"] {
  if (text === undefined) return undefined;
  if (/^(x86[-_]64|amd64)$/i.test(text)) return "x86_64";
  return /^(arm[-_]?64|aarch64)$/i.test(text) ? "arm64" : undefined;
}

/** The share of the last week in which it answered, or nothing: a provider that is there now and has 0 is one without a history. */
export function uptimeOf({ uptime7d, isOnline }: Provider): number | undefined {
  return uptime7d === 0 && isOnline !== false ? undefined : uptime7d;
}
