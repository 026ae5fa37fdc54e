import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Secret } from "../../model/secret.js";
import type { CallContext } from "../../spec/call-context.js";
import type { GatewayFrame, GatewayTarget, ProviderGateway } from "./gateway.js";
import type { Deal, Market, TokenScope } from "./market.js";
import { createMemory } from "./memory.js";
import type { ProviderBook } from "./provider-book.js";
import { isTokenRefused } from "./token-verdict.js";
import * as wire from "./wire.js";

/** A token is renewed so long before its end, ms. */
const RENEW_MS = 30_000;
const MOST_TOKENS = 5_000;
/** Silence after which the list of past events counts as told, ms. */
const EVENTS_IDLE_MS = 5_000;

/** What a provider lets be seen of one lease. */
export interface LeaseWindow {
  /** Its workloads; nothing when the provider knows of none. */
  status(call: CallContext, deal: Deal): Promise<wire.LeaseStatus | undefined>;
  /** What has happened to its containers so far. */
  events(call: CallContext, deal: Deal, service: string): Promise<readonly wire.KubeEvent[]>;
  /** The log of its container that runs now, from its beginning, while it grows. */
  log(call: CallContext, deal: Deal, service: string, idleMs: number): AsyncIterable<GatewayFrame>;
}

/** Makes a {@link LeaseWindow}: finds the provider's machines, and makes a token for each lease and purpose, which lives for minutes. */
export function createLeaseWindow({
  backend,
  market,
  book,
  gateway,
  tokenMs,
}: {
  readonly backend: string;
  readonly market: Market;
  readonly book: ProviderBook;
  readonly gateway: ProviderGateway;
  readonly tokenMs: number;
}): LeaseWindow {
  const tokens = createMemory<{ readonly token: Secret; readonly untilMs: number }>(MOST_TOKENS);
  const nameOf = (deal: Deal, scope: TokenScope): string => `${deal.dseq}/${deal.gseq}/${deal.oseq}/${deal.provider}/${scope}`;

  const tokenFor = async (call: CallContext, deal: Deal, scope: TokenScope): Promise<Secret> => {
    const known = tokens.get(nameOf(deal, scope));
    if (known !== undefined && known.untilMs > call.host.monotonic()) return known.token;
    const untilMs = call.host.monotonic() + tokenMs - RENEW_MS;
    const token = await market.token(call, deal, scope, tokenMs);
    tokens.set(nameOf(deal, scope), { token, untilMs });
    return token;
  };

  const targetFor = async (call: CallContext, deal: Deal, scope: TokenScope): Promise<GatewayTarget> => {
    const hostUri = (await book(call, deal.provider))?.hostUri;
    if (hostUri == null || !URL.canParse(hostUri)) {
      throw new SchedulerError("BACKEND_UNAVAILABLE", `${backend}: nobody says where the provider's machines are.`, {
        effect: "none",
        details: { backend },
      });
    }
    return { hostUri, provider: deal.provider, token: await tokenFor(call, deal, scope) };
  };

  /** Does something with a token, and once more with a new one where it was refused. */
  const withToken = async <T>(
    call: CallContext,
    deal: Deal,
    scope: TokenScope,
    work: (target: GatewayTarget) => Promise<T>,
  ): Promise<T> => {
    try {
      return await work(await targetFor(call, deal, scope));
    } catch (error) {
      if (!isTokenRefused(error)) throw error;
      tokens.forget(nameOf(deal, scope));
      return work(await targetFor(call, deal, scope));
    }
  };

  const pathOf = ({ dseq, gseq, oseq }: Deal, page: string): string => `/lease/${dseq}/${gseq}/${oseq}/${page}`;

  return {
    async status(call, deal) {
      const page = await withToken(call, deal, "status", (target) => gateway.page(call, target, pathOf(deal, "status")));
      const parsed = wire.leaseStatus.safeParse(page);
      return parsed.success ? parsed.data : undefined;
    },
    events: (call, deal, service) =>
      withToken(call, deal, "events", async (target) => {
        const events: wire.KubeEvent[] = [];
        const path = pathOf(deal, `kubeevents?follow=false&service=${encodeURIComponent(service)}`);
        for await (const frame of gateway.stream(call, target, path, EVENTS_IDLE_MS)) {
          const parsed = frame.kind === "text" ? wire.kubeEvent.safeParse(jsonOf(frame.text)) : undefined;
          if (parsed?.success === true) events.push(parsed.data);
        }
        return events;
      }),
    async *log(call, deal, service, idleMs) {
      const path = pathOf(deal, `logs?follow=true&service=${encodeURIComponent(service)}`);
      const target = await targetFor(call, deal, "logs");
      try {
        yield* gateway.stream(call, target, path, idleMs);
      } catch (error) {
        // The next one who asks gets a new one.
        if (isTokenRefused(error)) tokens.forget(nameOf(deal, "logs"));
        throw error;
      }
    },
  };
}

/** JSON, or nothing that could be taken for it. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
