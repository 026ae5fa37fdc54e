import type { ErrorCode } from "../../model/errors/codes.js";
import type { FaultDecision, FaultPort, FaultVerb } from "./fault-port.js";
import { PASS } from "./fault-port.js";

/**
 * What is to go wrong with a launch. The words are those of a mock driver: each says what the *node* does, whatever
 * its nature would have been. Absent: the node's nature decides.
 */
export interface LaunchFaults {
  /** The lease is made, but the machine never becomes ready and the lease ends with this code, such as `PROVISIONING_FAILED`. */
  readonly startError?: ErrorCode;
  /** The machine needs so long before the command starts; `"forever"`: it never does. */
  readonly blockStartMs?: number | "forever";
  /** The command takes so long, ms, whatever the node's speed. */
  readonly runForMs?: number;
  /** The command ends with this code. */
  readonly exitCode?: number;
  /** The node dies so long after the command started (or, if it never starts, after the bind). */
  readonly dieAfterMs?: number;
  /** How long a dead node is still reported as running; `0`: the death is reported at once. */
  readonly silentMs?: number;
  /** The seller takes the machine back so long after bind: `PREEMPTED`. */
  readonly revokeAfterMs?: number;
  /** For a while, counted from bind, the lease's state cannot be learnt; the work goes on. */
  readonly loseConnection?: { readonly afterMs: number; readonly forMs: number };
  /** Outputs are corrupted; with bytes, each output file consists of these. `false`: the node is honest this time. */
  readonly lieAboutOutput?: boolean | Uint8Array;
  /** Share of status reports that step back a phase (running shows as pending), in [0, 1]. */
  readonly lieAboutStatus?: number;
  /** The price is multiplied by this between listing and binding. */
  readonly priceJump?: number;
  /** Reports come so much later than what they speak of, ms. */
  readonly reportLagMs?: number;
  /** Ending the lease takes so long after it was asked for, ms. */
  readonly releasePendingMs?: number;
}

/** Which launches a rule is about. Every given field must match. */
export interface LaunchMatch {
  readonly key?: string;
  /** The key begins with it. */
  readonly keyPrefix?: string;
  readonly node?: string;
  readonly provider?: string;
  readonly operator?: string;
  /** Labels of the launch that must have these values. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A scripted fault of launches. Rules are tried in order and the first that matches and is not used up applies. */
export interface LaunchRule extends LaunchFaults {
  readonly match?: LaunchMatch;
  /** How many launches it applies to. Default 1. */
  readonly times?: number;
}

/** A scripted fault of calls. */
export interface CallRule {
  readonly verb: FaultVerb;
  /** Default: any key. */
  readonly key?: string;
  /** Matching calls that pass first. Default 0. */
  readonly skip?: number;
  /** How many calls it applies to after those. Default 1. */
  readonly times?: number;
  readonly before?: FaultDecision;
  readonly after?: FaultDecision;
}

/** Faults written down in advance. */
export interface FaultPlan {
  readonly launches?: readonly LaunchRule[];
  readonly calls?: readonly CallRule[];
}

/** A launch as rules see it. */
export interface LaunchFacts {
  readonly key: string;
  readonly node: string;
  readonly provider?: string;
  readonly operator?: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface Counted<Rule> {
  readonly rule: Rule;
  skip: number;
  left: number;
}

/** A {@link FaultPlan} being carried out: keeps count of what was used, and takes further rules at any time. */
export class FaultScript implements FaultPort {
  #launches: Counted<LaunchRule>[] = [];
  #calls: Counted<CallRule>[] = [];
  /** `after` decisions of calls whose `before` passed a rule, by verb and key. */
  readonly #pending = new Map<string, FaultDecision>();

  constructor(plan: FaultPlan = {}) {
    for (const rule of plan.launches ?? []) this.launch(rule);
    for (const rule of plan.calls ?? []) this.call(rule);
  }

  /** Adds a rule for launches to come. */
  launch(rule: LaunchRule): void {
    this.#launches.push({ rule, skip: 0, left: rule.times ?? 1 });
  }

  /** Adds a rule for calls to come. */
  call(rule: CallRule): void {
    this.#calls.push({ rule, skip: rule.skip ?? 0, left: rule.times ?? 1 });
  }

  /** Forgets every rule. */
  clear(): void {
    this.#launches = [];
    this.#calls = [];
    this.#pending.clear();
  }

  /** Takes the faults of one launch. Each matching call uses a rule up by one. */
  takeLaunch(facts: LaunchFacts): LaunchFaults {
    const found = this.#launches.find((counted) => counted.left > 0 && matches(counted.rule.match ?? {}, facts));
    if (found === undefined) return {};
    found.left--;
    return found.rule;
  }

  /** What {@link FaultScript.takeLaunch} would answer, without using it up. */
  peekLaunch(facts: LaunchFacts): LaunchFaults {
    return this.#launches.find((counted) => counted.left > 0 && matches(counted.rule.match ?? {}, facts))?.rule ?? {};
  }

  /** Uses up the first rule for such a call. */
  before(verb: FaultVerb, key: string): FaultDecision {
    const found = this.#takeCall(verb, key);
    // Calls for one lease never overlap, so one place per verb and key is enough; a new call overwrites what a failed one left.
    if (found?.after === undefined) this.#pending.delete(`${verb}/${key}`);
    else this.#pending.set(`${verb}/${key}`, found.after);
    return found?.before ?? PASS;
  }

  /** What the rule that was used up says of the answer. */
  after(verb: FaultVerb, key: string): FaultDecision {
    const decision = this.#pending.get(`${verb}/${key}`) ?? PASS;
    this.#pending.delete(`${verb}/${key}`);
    return decision;
  }

  #takeCall(verb: FaultVerb, key: string): CallRule | undefined {
    for (const counted of this.#calls) {
      if (counted.left === 0 || counted.rule.verb !== verb) continue;
      if (counted.rule.key !== undefined && counted.rule.key !== key) continue;
      if (counted.skip > 0) {
        counted.skip--;
        continue;
      }
      counted.left--;
      return counted.rule;
    }
    return undefined;
  }
}

function matches(match: LaunchMatch, facts: LaunchFacts): boolean {
  if (match.key !== undefined && match.key !== facts.key) return false;
  if (match.keyPrefix !== undefined && !facts.key.startsWith(match.keyPrefix)) return false;
  if (match.node !== undefined && match.node !== facts.node) return false;
  if (match.provider !== undefined && match.provider !== facts.provider) return false;
  if (match.operator !== undefined && match.operator !== facts.operator) return false;
  return Object.entries(match.labels ?? {}).every(([name, value]) => facts.labels[name] === value);
}
