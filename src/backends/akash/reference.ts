import type { LeaseRef } from "../../model/lease.js";

/** What is stored before an order is made: with it the order can be found although its number never came back. */
export interface OrderTrace {
  /** Version of the manifest, as it will stand on chain. */
  readonly hash: string;
  /** The newest deployment that there was before. Numbers grow with time. */
  readonly after: string;
}

/** References hold the number of the deployment. */
export const refTo = (backend: string, key: string, dseq: string): LeaseRef => ({ backend, key, data: { dseq } });

/** A reference to an order that may come to be. */
export const traceTo = (backend: string, key: string, trace: OrderTrace): LeaseRef => ({ backend, key, data: { ...trace } });

/** The number in a reference, or nothing when it has none. */
export function dseqOf({ data }: LeaseRef): string | undefined {
  const dseq = typeof data === "object" && data !== null && "dseq" in data ? data.dseq : undefined;
  return typeof dseq === "string" && /^\d+$/.test(dseq) ? dseq : undefined;
}

/** The trace in a reference, or nothing. */
export function traceOf(ref: LeaseRef | undefined): OrderTrace | undefined {
  const data = ref?.data;
  if (typeof data !== "object" || data === null || !("hash" in data) || !("after" in data)) return undefined;
  const { hash, after } = data;
  return typeof hash === "string" && typeof after === "string" ? { hash, after } : undefined;
}

/** When a deployment was made: its number is the Console's clock, ms since 1970. */
export const madeAtMs = (dseq: string): number => Number(dseq);

/** Compares two numbers of deployments, which are longer than is safe to take for granted. */
export const isNewer = (dseq: string, than: string): boolean => (dseq.length === than.length ? dseq > than : dseq.length > than.length);
