import { z } from "zod";
import type { Host } from "../../../spec/host.js";

const scope = z
  .array(
    z.enum([
      "send-manifest",
      "get-manifest",
      "logs",
      "shell",
      "events",
      "status",
      "restart",
      "hostname-migrate",
      "ip-migrate",
      "attestation",
    ]),
  )
  .min(1);
const address = z.string().regex(/^akash1[a-z0-9]{38}$/);

const deploymentRight = z.strictObject({
  dseq: z.union([z.int().positive(), z.string().regex(/^\d+$/)]),
  gseq: z.int().min(0).optional(),
  oseq: z.int().min(0).optional(),
  scope,
  services: z.array(z.string().min(1)).min(1).optional(),
});

const providerRight = z.discriminatedUnion("access", [
  z.strictObject({ provider: address, access: z.literal("full") }),
  z.strictObject({ provider: address, access: z.literal("scoped"), scope }),
  z.strictObject({ provider: address, access: z.literal("granular"), deployments: z.array(deploymentRight).min(1) }),
]);

/** What a token allows. */
export const leasesClaim = z.discriminatedUnion("access", [
  z.strictObject({ access: z.literal("full") }),
  z.strictObject({ access: z.literal("scoped"), scope }),
  z.strictObject({ access: z.literal("granular"), permissions: z.array(providerRight).min(1) }),
]);

export type LeasesClaim = z.infer<typeof leasesClaim>;

/** What somebody wants to do with a lease. */
export interface Wish {
  readonly scope: z.infer<typeof scope>[number];
  readonly provider: string;
  readonly dseq: string;
  readonly gseq?: number;
  readonly oseq?: number;
  readonly services?: readonly string[];
}

interface Claims {
  readonly iss: string;
  readonly exp: number;
  readonly nbf: number;
  readonly leases: LeasesClaim;
}

/** A token that does not do. */
export class TokenRefusal extends Error {
  readonly status: 400 | 401;

  constructor(status: 400 | 401, message: string) {
    super(message);
    this.status = status;
  }
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * Makes and checks tokens for gateways. They have the form and the claims of the real ones, which are signed with the owner's key; here maker and checker
 * are one, so that a keyed digest stands for the signature.
 */
export class Tokens {
  readonly #host: Host;
  readonly #secret: string;
  readonly #issuer: string;

  constructor(host: Host, issuer: string) {
    this.#host = host;
    this.#issuer = issuer;
    this.#secret = host.randomHex(32);
  }

  mint(ttlS: number, leases: LeasesClaim): string {
    const nowS = Math.floor(this.#host.now() / 1_000);
    const claims = { iss: this.#issuer, iat: nowS, nbf: nowS, exp: nowS + ttlS, version: "v1", leases };
    const content = `${encode({ alg: "ES256K", typ: "JWT" })}.${encode(claims)}`;
    return `${content}.${this.#sign(content)}`;
  }

  /** When the token ends, ms since 1970. @throws TokenRefusal when it is none, is over, or does not allow the wish. */
  check(token: string | undefined, wish: Wish): number {
    const claims = this.#read(token);
    const nowMs = this.#host.now();
    if (nowMs < claims.nbf * 1_000) throw new TokenRefusal(401, "token is not valid yet");
    if (nowMs >= claims.exp * 1_000) throw new TokenRefusal(401, "token is expired");
    if (!allows(claims.leases, wish)) throw new TokenRefusal(401, "token does not allow this");
    return claims.exp * 1_000;
  }

  /** When a token says that it ends, whatever else is wrong with it. */
  expiryMs(token: string): number | undefined {
    try {
      return this.#read(token).exp * 1_000;
    } catch {
      return undefined;
    }
  }

  #read(token: string | undefined): Claims {
    const [header = "", payload = "", signature = ""] = (token ?? "").split(".");
    if (token === undefined || signature === "") throw new TokenRefusal(400, "missing or malformed JWT");
    if (signature !== this.#sign(`${header}.${payload}`)) throw new TokenRefusal(401, "token signature is invalid");
    return JSON.parse(Buffer.from(payload, "base64url").toString()) as Claims;
  }

  #sign(content: string): string {
    return Buffer.from(this.#host.hmacSha256(this.#secret, content), "hex").toString("base64url");
  }
}

function allows(claim: LeasesClaim, wish: Wish): boolean {
  if (claim.access === "full") return true;
  if (claim.access === "scoped") return claim.scope.includes(wish.scope);
  return claim.permissions
    .filter(({ provider }) => provider === wish.provider)
    .some((right) => {
      if (right.access === "full") return true;
      if (right.access === "scoped") return right.scope.includes(wish.scope);
      return right.deployments.some(
        ({ dseq, gseq, oseq, scope: allowed, services }) =>
          String(dseq) === wish.dseq &&
          (gseq === undefined || wish.gseq === undefined || gseq === wish.gseq) &&
          (oseq === undefined || wish.oseq === undefined || oseq === wish.oseq) &&
          allowed.includes(wish.scope) &&
          (services === undefined || (wish.services ?? []).every((service) => services.includes(service))),
      );
    });
}

/** The token of an `Authorization: Bearer` header. */
export const bearer = (header: string | undefined): string | undefined => /^Bearer (.+)$/.exec(header ?? "")?.[1];
