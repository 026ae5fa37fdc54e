import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { Backend } from "../spec/backend.js";
import type { Capabilities } from "../spec/capabilities.js";

type OptionalVerb = "start" | "collect" | "logs";

/**
 * Checks what can be checked without calling anything: each optional verb exists exactly if its capability is declared, and
 * the numbers make sense. The conformance suite checks the rest.
 *
 * @throws PLUGIN_CONTRACT_VIOLATION naming the first clause that is broken.
 */
export function checkCapabilities(kind: string, capabilities: Capabilities, verbs: Partial<Pick<Backend, OptionalVerb>>): void {
  const broken = brokenClause(capabilities, verbs);
  if (broken === undefined) return;
  throw new SchedulerError("PLUGIN_CONTRACT_VIOLATION", `Backend "${kind}": ${broken}.`, {
    retry: "never",
    effect: "none",
    details: { backend: kind },
  });
}

function brokenClause(capabilities: Capabilities, verbs: Partial<Pick<Backend, OptionalVerb>>): string | undefined {
  const pairs: readonly (readonly [OptionalVerb, string, boolean])[] = [
    ["start", "`reuse: true`", capabilities.reuse],
    ["collect", '`staging: "native"`', capabilities.staging === "native"],
    ["logs", "`logs: true`", capabilities.logs],
  ];
  for (const [verb, capability, declared] of pairs) {
    const present = typeof verbs[verb] === "function";
    if (declared && !present) return `it declares ${capability} but has no \`${verb}\``;
    if (!declared && present) return `it has a \`${verb}\` but does not declare ${capability}, so it would never be called`;
  }
  return brokenNumber(capabilities);
}

function brokenNumber(capabilities: Capabilities): string | undefined {
  const { pollMs, inspect, limits, billing, trust, lifetimeLimitMs } = capabilities;
  const positive: Readonly<Record<string, number | undefined>> = {
    "pollMs.least": pollMs.least,
    bindMs: capabilities.bindMs,
    provisionMs: capabilities.provisionMs,
    offersTtlMs: capabilities.offersTtlMs,
    "billing.granularityMs": billing.granularityMs,
    "limits.concurrency": limits.concurrency,
    "limits.callsPerSecond": limits.callsPerSecond,
    "inspect.max": inspect.mode === "ids" ? inspect.max : undefined,
    lifetimeLimitMs,
  };
  for (const [name, value] of Object.entries(positive)) {
    if (value !== undefined && !(value > 0)) return `capability \`${name}\` must be a number above 0`;
  }
  if (!(capabilities.visibilityMs >= 0)) return "capability `visibilityMs` must be a number of at least 0";
  if (!(billing.minimumMs >= 0)) return "capability `billing.minimumMs` must be a number of at least 0";
  if (!(pollMs.most >= pollMs.least)) return "capability `pollMs.most` must not be below `pollMs.least`";
  if (inspect.mode === "ids" && !Number.isInteger(inspect.max)) return "capability `inspect.max` must be a whole number";
  if (trust.operators.length === 0) return "capability `trust.operators` is empty, so no offer could ever be made";
  const badCountry = capabilities.countries === "any" ? undefined : capabilities.countries.find((country) => !/^[A-Z]{2}$/.test(country));
  return badCountry === undefined ? undefined : 'capability `countries` must hold ISO 3166-1 alpha-2 codes in upper case, or be "any"';
}
