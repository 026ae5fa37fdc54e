import { importPeer } from "../../kit/lazy-import.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Secret } from "../../model/secret.js";
import type { Host } from "../../spec/host.js";
import { LONGEST_URL_MS, type S3Config } from "./s3-config.js";
import type { S3Credentials, S3Signer } from "./s3-options.js";

/** Something to be signed. */
export interface Unsigned {
  readonly method: string;
  /** With its query, encoded. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Signs for one store. */
export interface Signing {
  /** For a request that is sent at once. */
  headers(request: Unsigned, host: Host): Promise<Readonly<Record<string, string>>>;
  /**
   * Into the URL, for somebody else. The given headers must be sent with it.
   *
   * @throws UNSUPPORTED_WORKLOAD when it would have to live longer than seven days, or than the credentials.
   */
  url(request: Unsigned, ttlMs: number, host: Host): Promise<{ readonly url: string; readonly expiresAtMs: number }>;
}

/** How long before their end temporary credentials are asked for anew. */
const RENEW_BEFORE_MS = 300_000;

export function createSigning(config: S3Config): Signing {
  const signerAt = signerSource(config);
  const aws = (nowMs: number): { readonly service: "s3"; readonly region: string; readonly datetime: string } => ({
    service: "s3",
    region: config.region,
    datetime: timestamp(nowMs),
  });
  return {
    async headers({ method, url, headers }, host) {
      const nowMs = host.now();
      const { signer } = await signerAt(nowMs);
      const signed = await signer.sign(url, { method, headers: { ...headers }, aws: aws(nowMs) });
      return Object.fromEntries(signed.headers);
    },

    async url({ method, url, headers }, ttlMs, host) {
      const nowMs = host.now();
      const seconds = lifetimeSeconds(config.id, ttlMs, nowMs);
      const { signer, expiresAtMs: credentialsEndMs } = await signerAt(nowMs);
      if (credentialsEndMs !== undefined && nowMs + ttlMs > credentialsEndMs) {
        throw new SchedulerError(
          "UNSUPPORTED_WORKLOAD",
          `${config.id}: a URL for ${describe(ttlMs)} would outlive the temporary credentials that sign it. Use credentials that last longer, or a shorter \`timeout\`.`,
          { details: { field: "timeout", store: config.id } },
        );
      }
      const target = `${url}${url.includes("?") ? "&" : "?"}X-Amz-Expires=${seconds}`;
      const signed = await signer.sign(target, {
        method,
        headers: { ...headers },
        aws: { ...aws(nowMs), signQuery: true, allHeaders: true },
      });
      return { url: signed.url, expiresAtMs: Math.floor(nowMs / 1_000) * 1_000 + seconds * 1_000 };
    },
  };
}

/** The signature's time is cut to whole seconds, so that up to one more is needed for a URL to live as long as asked. */
function lifetimeSeconds(subject: string, ttlMs: number, nowMs: number): number {
  if (!(ttlMs > 0)) throw new SchedulerError("INVARIANT_BROKEN", `${subject}: a URL must live longer than 0 ms.`);
  if (ttlMs > LONGEST_URL_MS) {
    throw new SchedulerError(
      "UNSUPPORTED_WORKLOAD",
      `${subject}: a URL for ${describe(ttlMs)} was asked for, but signed URLs live at most 7 days. Shorten the workload's \`timeout\`, and let it write checkpoints if it needs longer.`,
      { details: { field: "timeout", store: subject } },
    );
  }
  return Math.min(Math.ceil(((nowMs % 1_000) + ttlMs) / 1_000), LONGEST_URL_MS / 1_000);
}

const describe = (ms: number): string =>
  ms >= 86_400_000 ? `${(ms / 86_400_000).toFixed(1)} days` : `${(ms / 3_600_000).toFixed(1)} hours`;

/** `20260102T030405Z`. */
const timestamp = (nowMs: number): string => new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, "");

interface CurrentSigner {
  readonly signer: S3Signer;
  readonly expiresAtMs?: number;
}

/** The signer for a time. One is kept as long as its credentials are. */
function signerSource({ id, identity }: S3Config): (nowMs: number) => Promise<CurrentSigner> {
  if ("signer" in identity) return async () => identity;
  let kept: { readonly credentials: S3Credentials; readonly signer: Promise<S3Signer> } | undefined;
  return async (nowMs) => {
    const credentials = kept !== undefined && isFresh(kept.credentials, nowMs) ? kept.credentials : await identity.credentials();
    if (kept === undefined || !areSame(kept.credentials, credentials)) kept = { credentials, signer: makeSigner(id, credentials) };
    const { expiresAtMs } = credentials;
    return { signer: await kept.signer, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
  };
}

/** Credentials without an end may be replaced at any time, so they are asked for each time. */
const isFresh = ({ expiresAtMs }: S3Credentials, nowMs: number): boolean =>
  expiresAtMs !== undefined && nowMs < expiresAtMs - RENEW_BEFORE_MS;

const areSame = (a: S3Credentials, b: S3Credentials): boolean =>
  a.accessKeyId === b.accessKeyId &&
  reveal(a.secretAccessKey) === reveal(b.secretAccessKey) &&
  reveal(a.sessionToken) === reveal(b.sessionToken);

async function makeSigner(id: string, credentials: S3Credentials): Promise<S3Signer> {
  const { AwsClient } = await importPeer("aws4fetch", () => import("aws4fetch"), { subject: id, option: "signer" });
  const sessionToken = reveal(credentials.sessionToken);
  return new AwsClient({
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: reveal(credentials.secretAccessKey) ?? "",
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service: "s3",
  });
}

const reveal = (value: string | Secret | undefined): string | undefined => (typeof value === "object" ? value.reveal() : value);
