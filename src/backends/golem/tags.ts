import type { Host } from "../../spec/host.js";
import { type AttoGlm, readGlm } from "./glm.js";
import type { Agreement, Allocation } from "./wire.js";

/** Digits of an allocation's amount that name the lease: the last ten of eighteen, a worthless sum. */
const TAG_DIGITS = 10;
const TAG_UNIT = 10n ** BigInt(TAG_DIGITS);

/** Properties of the demand in which an agreement says whose it is. Providers see them, as they see the whole demand. */
const KEY_PROPERTY = "spillway.key";
const NAMESPACE_PROPERTY = "spillway.namespace";

/** The session tag under which the daemon lists the agreements of one namespace. */
export const sessionTagOf = (backend: string, namespace: string): string => `spillway-${backend}-${namespace}`;

/**
 * The amount with the lease's name in its last digits. An allocation has no field for a name, and one that was made without an answer has to be
 * found again. Never less than what was asked for.
 */
export function taggedAmount(amount: AttoGlm, key: string, host: Pick<Host, "sha256">): AttoGlm {
  return (amount / TAG_UNIT + 1n) * TAG_UNIT + tagOf(key, host);
}

/** Whether an allocation was made for a lease. */
export const isAllocationOf = (allocation: Allocation, key: string, host: Pick<Host, "sha256">): boolean =>
  (readGlm(allocation.totalAmount) ?? 0n) % TAG_UNIT === tagOf(key, host);

/** Not zero, so that round amounts of others are never taken for one. */
const tagOf = (key: string, host: Pick<Host, "sha256">): bigint =>
  (BigInt(`0x${host.sha256(`golem ${key}`).slice(0, 16)}`) % (TAG_UNIT - 1n)) + 1n;

/** Whose an agreement is. Nothing for one that was not made here. */
export function ownerOf({ demand }: Agreement): { readonly key: string; readonly namespace: string } | undefined {
  const key = textProperty(demand.properties, KEY_PROPERTY);
  const namespace = textProperty(demand.properties, NAMESPACE_PROPERTY);
  return key === undefined || namespace === undefined ? undefined : { key, namespace };
}

/** The daemon gives properties flat or as nested objects, by version. */
function textProperty(properties: Readonly<Record<string, unknown>>, name: string): string | undefined {
  let value: unknown = properties[name];
  if (value === undefined) {
    value = properties;
    for (const step of name.split(".")) {
      value = typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[step] : undefined;
    }
  }
  return typeof value === "string" ? value : undefined;
}
