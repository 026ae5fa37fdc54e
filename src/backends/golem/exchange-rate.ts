import { limitCall } from "../../kit/call-limit.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { PriceSource } from "../../spec/price-source.js";

const ASSET = "GLM";
/** A quote whose confidence interval is wider than this share of the price is no price. */
const WIDEST_CONFIDENCE = 0.01;
const SOURCE_LIMIT_MS = 10_000;

/** Where the dollar price of GLM comes from. */
export interface ExchangeRate {
  /**
   * USD for one GLM.
   *
   * @param mostAgeMs how old a quote may be
   * @throws PRICE_UNAVAILABLE with effect `none`
   */
  usdPerGlm(mostAgeMs: number, call: CallContext): Promise<number>;
  /** For people. */
  readonly source: string;
}

/** A fixed number, or a source whose quotes are checked for age and confidence. */
export function createExchangeRate(backend: string, glmUsd: number | PriceSource): ExchangeRate {
  if (typeof glmUsd === "number") return { usdPerGlm: async () => glmUsd, source: "configured" };
  const unavailable = (what: string, cause?: unknown): SchedulerError =>
    new SchedulerError("PRICE_UNAVAILABLE", `${backend}: ${what}; Golem's prices are in GLM and cannot be compared without it.`, {
      effect: "none",
      details: { backend, asset: ASSET },
      ...(cause === undefined ? {} : { cause }),
    });
  return {
    source: "quoted",
    async usdPerGlm(mostAgeMs, call) {
      const limit = limitCall({ signal: call.signal, host: call.host, deadlineMs: call.deadlineMs, timeoutMs: SOURCE_LIMIT_MS });
      try {
        const { usd, asOfMs, confidence = 0 } = await limit.race(glmUsd.quote(ASSET, call.host));
        if (!Number.isFinite(usd) || usd <= 0) throw unavailable("the price source gave no price of GLM above 0");
        const ageMs = call.host.now() - asOfMs;
        if (ageMs > mostAgeMs)
          throw unavailable(`the newest price of GLM is ${Math.round(ageMs / 1_000)} s old, more than ${Math.round(mostAgeMs / 1_000)} s`);
        if (confidence > usd * WIDEST_CONFIDENCE) throw unavailable("the price of GLM is uncertain by more than 1 %");
        return usd;
      } catch (error) {
        if (call.signal.aborted) throw call.signal.reason;
        if (SchedulerError.isInstance(error)) throw error;
        throw unavailable("the price source did not answer", error);
      } finally {
        limit.close();
      }
    },
  };
}
