import type { LeaseRef } from "../../model/lease.js";

/** What a reference holds: everything that another process needs to end the lease and settle its bill. */
export interface GolemRef {
  /** Absent as long as nothing was signed. */
  readonly agreement?: string;
  /** Absent as long as no funds were set aside, and where a lease was found by its agreement alone. */
  readonly allocation?: string;
  /** USD for one GLM when it was bound. */
  readonly usdPerGlm?: number;
}

/** Makes a reference. */
export const refTo = (backend: string, key: string, data: GolemRef): LeaseRef => ({ backend, key, data });

/** Reads a reference. Nothing of it where it was not made here. */
export function readRef({ data }: LeaseRef): GolemRef {
  if (typeof data !== "object" || data === null) return {};
  const { agreement, allocation, usdPerGlm } = data as Readonly<Record<string, unknown>>;
  return {
    ...(typeof agreement === "string" && agreement !== "" ? { agreement } : {}),
    ...(typeof allocation === "string" && allocation !== "" ? { allocation } : {}),
    ...(typeof usdPerGlm === "number" && usdPerGlm > 0 ? { usdPerGlm } : {}),
  };
}
