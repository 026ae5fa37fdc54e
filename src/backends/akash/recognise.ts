import type { Finding, LeaseRef } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Intent } from "../../spec/launch.js";
import type { Market } from "./market.js";
import { createMemory } from "./memory.js";
import { keyOf, nameOf } from "./names.js";
import { dseqOf, isNewer, madeAtMs, refTo, traceOf } from "./reference.js";
import type { Deployment } from "./wire.js";

/** How far the Console's clock, which numbers deployments, may be behind ours, ms. */
const CLOCK_SKEW_MS = 10 * 60_000;
/** Names that are kept. Each is found out again by one request. */
const MOST_NAMES = 20_000;

/** An open deployment, and what it is called. */
export interface Recognised {
  readonly dseq: string;
  readonly deployment: Deployment;
  /** Absent: nobody knows, since the Console keeps no names and no provider answers for it. Empty: certainly none of ours. */
  readonly name?: string;
}

/** Tells which open deployment belongs to which attempt. */
export interface Recogniser {
  /** All that is open. */
  open(call: CallContext): Promise<readonly Recognised[]>;
  /** What came of a reference from before its order was made, if it was found since; also when it is closed by now. */
  behind(lease: LeaseRef): string | undefined;
  /** Remembers the name of a deployment that was made here. */
  learn(dseq: string, name: string): void;
  /** The Console computes other manifests than this version does: hashes prove nothing any more. */
  doubtHashes(): void;
  /** The findings for some intents among what is open. */
  find(intents: readonly Intent[], call: CallContext): Promise<readonly Finding[]>;
  /** Those of our namespace. */
  ours(call: CallContext): Promise<readonly LeaseRef[]>;
}

/**
 * Makes a {@link Recogniser}. A deployment is known by its name where the Console keeps names; else by the name of its service, which its provider
 * tells; and an order without a lease by the hash of its manifest, which nobody else can have.
 */
export function createRecogniser(
  backend: string,
  market: Market,
  { exclusiveAccount }: { readonly exclusiveAccount: boolean },
): Recogniser {
  const names = createMemory<string>(MOST_NAMES);
  const numbers = createMemory<string>(MOST_NAMES);
  let hashesCount = true;

  const nameOfOpen = async (deployment: Deployment, call: CallContext): Promise<string | undefined> => {
    const { dseq } = deployment.deployment.id;
    const known = deployment.name || names.get(dseq);
    if (known !== undefined || deployment.leases.length === 0) return known;
    const services = (await market.deployment(call, dseq))?.leases.flatMap(({ status }) => Object.keys(status?.services ?? {})) ?? [];
    if (services.length === 0) return undefined;
    const name = services.find((service) => /-[01]$/.test(service)) ?? "";
    names.set(dseq, name);
    return name;
  };

  const open = async (call: CallContext): Promise<readonly Recognised[]> =>
    Promise.all(
      (await market.deployments(call)).map(async (deployment): Promise<Recognised> => {
        const name = await nameOfOpen(deployment, call);
        return { dseq: deployment.deployment.id.dseq, deployment, ...(name === undefined ? {} : { name }) };
      }),
    );

  /** What may be the intent's although nothing proves it. */
  const suspectsOf = (intent: Intent, candidates: readonly Recognised[]): readonly Recognised[] => {
    const trace = traceOf(intent.partial);
    if (trace !== undefined && hashesCount) return [];
    return candidates.filter(({ dseq, name }) => {
      if (name !== undefined) return false;
      return trace === undefined ? madeAtMs(dseq) >= intent.intendedAtMs - CLOCK_SKEW_MS : isNewer(dseq, trace.after);
    });
  };

  const findingOf = (intent: Intent, candidates: readonly Recognised[], call: CallContext): Finding => {
    const { key, partial } = intent;
    const name = nameOf(key, call.namespace);
    const dseq = partial === undefined ? undefined : dseqOf(partial);
    const hash = traceOf(partial)?.hash;
    const match = candidates.find(
      (one) => one.dseq === dseq || one.name === name || (one.name === undefined && one.deployment.deployment.hash === hash),
    );
    if (match !== undefined) {
      names.set(match.dseq, name);
      numbers.set(key, match.dseq);
      const ref = refTo(backend, key, match.dseq);
      return match.deployment.leases.length > 0 ? { kind: "bound", key, lease: { ref } } : { kind: "partial", key, ref };
    }
    const [first, second] = dseq === undefined ? suspectsOf(intent, candidates) : [];
    if (first !== undefined) {
      const isOnlyOne = exclusiveAccount && second === undefined && partial !== undefined;
      if (isOnlyOne) numbers.set(key, first.dseq);
      return isOnlyOne ? { kind: "partial", key, ref: refTo(backend, key, first.dseq) } : { kind: "unknown", key };
    }
    return partial === undefined ? { kind: "absent", key } : { kind: "partial", key, ref: partial };
  };

  return {
    open,
    behind: (lease) => dseqOf(lease) ?? numbers.get(lease.key),
    learn: (dseq, name) => names.set(dseq, name),
    doubtHashes() {
      hashesCount = false;
    },
    async find(intents, call) {
      if (intents.length === 0) return [];
      const candidates = await open(call);
      return intents.map((intent) => findingOf(intent, candidates, call));
    },
    async ours(call) {
      return (await open(call)).flatMap(({ dseq, name }) => {
        const key = keyOf(name ?? "", call.namespace);
        return key === undefined ? [] : [refTo(backend, key, dseq)];
      });
    },
  };
}
