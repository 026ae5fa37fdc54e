import type { Deal, TokenScope } from "./market.js";

/** What a token is to open: one scope of one lease at one provider. Anything wider would be as good as the account to whoever gets hold of it. */
export function tokenClaims({ dseq, gseq, oseq, provider }: Deal, scope: TokenScope, ttlMs: number): object {
  return {
    ttl: Math.ceil(ttlMs / 1_000),
    leases: {
      access: "granular",
      permissions: [{ provider, access: "granular", deployments: [{ dseq: Number(dseq), gseq, oseq, scope: [scope] }] }],
    },
  };
}
