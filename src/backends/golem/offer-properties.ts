import { z } from "zod";

const GPU = "golem.!exp.gap-35.v1.inf.gpu";
const number = z.number().nonnegative();

const properties = z.looseObject({
  "golem.com.usage.vector": z.array(z.string()).min(1),
  "golem.com.pricing.model.linear.coeffs": z.array(number).min(2),
  "golem.inf.cpu.threads": number,
  "golem.inf.mem.gib": number,
  "golem.inf.storage.gib": number,
  "golem.inf.cpu.architecture": z.string().optional(),
  "golem.node.id.name": z.string().optional(),
  [`${GPU}.model`]: z.string().optional(),
  [`${GPU}.memory.total.gib`]: number.optional(),
});

/** What a provider says of its machine and its price. Everything is the provider's own word. Prices are in GLM. */
export interface OfferFacts {
  readonly startGlm: number;
  readonly envGlmPerSecond: number;
  readonly cpuGlmPerSecond: number;
  readonly threads: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
  readonly arch: "x86_64" | "arm64" | undefined;
  readonly gpu: { readonly label: string; readonly memoryGiB: number | undefined } | undefined;
}

/** Reads the properties of an offer or a proposal. Nothing where they make no sense: anybody may offer anything. */
export function readOfferFacts(given: unknown): OfferFacts | undefined {
  const parsed = properties.safeParse(given);
  if (!parsed.success) return undefined;
  const found = parsed.data;
  const vector = found["golem.com.usage.vector"];
  const prices = found["golem.com.pricing.model.linear.coeffs"];
  // What is counted beside time and processor time has no bound that could be worked out beforehand.
  const known = vector.every((counter, index) => isCounter(counter) || prices[index] === 0);
  if (prices.length !== vector.length + 1 || !known) return undefined;
  const priceOf = (counter: string): number => prices[vector.indexOf(counter)] ?? 0;
  const label = found[`${GPU}.model`] as string | undefined;
  const memoryGiB = found[`${GPU}.memory.total.gib`] as number | undefined;
  return {
    startGlm: prices.at(-1) ?? 0,
    envGlmPerSecond: vector.includes(DURATION) ? priceOf(DURATION) : 0,
    cpuGlmPerSecond: vector.includes(PROCESSOR) ? priceOf(PROCESSOR) : 0,
    threads: Math.max(1, found["golem.inf.cpu.threads"]),
    memoryMiB: Math.floor(found["golem.inf.mem.gib"] * 1_024),
    diskMiB: Math.floor(found["golem.inf.storage.gib"] * 1_024),
    arch: archOf(found["golem.inf.cpu.architecture"]),
    gpu: label === undefined ? undefined : { label, memoryGiB },
  };
}

const DURATION = "golem.usage.duration_sec";
const PROCESSOR = "golem.usage.cpu_sec";
const isCounter = (name: string): boolean => name === DURATION || name === PROCESSOR;

/** Without a word it is x86: the runtime has no other. */
function archOf(text: string | undefined): OfferFacts["arch"] {
  if (text === undefined || /x86[_-]?64|amd64/i.test(text)) return "x86_64";
  return /aarch64|arm64/i.test(text) ? "arm64" : undefined;
}

/** The hour with all threads busy, which is the most that an hour can cost. */
export const glmPerHour = (facts: OfferFacts): number => 3_600 * (facts.envGlmPerSecond + facts.cpuGlmPerSecond * facts.threads);
