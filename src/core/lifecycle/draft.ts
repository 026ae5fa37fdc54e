import type { AttemptRow } from "../../model/attempt.js";
import type { DecisionRecord } from "../../model/decision.js";
import type { SerializedError } from "../../model/errors/scheduler-error.js";
import type { RunEvent } from "../../model/event.js";
import type { LeaseRow } from "../../model/lease.js";
import type { Observation } from "../../model/observation.js";
import type { NodeIdentity } from "../../model/offer.js";
import { isTerminal, type RunRow, type RunState } from "../../model/run.js";
import type { LedgerEntry } from "../../spec/store.js";
import type { Command } from "./inputs.js";
import type { LifecycleRules } from "./rules.js";

/** What a transition answers: the new state, what to commit with it, and what to do once that is committed. */
export interface Transition {
  readonly state: RunState;
  readonly changed: {
    readonly runs: readonly RunRow[];
    readonly attempts: readonly AttemptRow[];
    readonly leases: readonly LeaseRow[];
    readonly events: readonly RunEvent[];
    readonly ledger: readonly LedgerEntry[];
    readonly observations: readonly Observation[];
    readonly decisions: readonly DecisionRecord[];
  };
  readonly commands: readonly Command[];
}

type Facts<E> = E extends RunEvent ? Omit<E, "runId" | "sequence" | "atMs"> : never;
export type EventFacts = Facts<RunEvent>;

type LooseObservation = Observation extends infer O ? (O extends Observation ? Omit<O, "atMs" | "who" | "gpu"> : never) : never;

/** Changes of a row; `undefined` removes an optional field. */
export type Patch<T> = { readonly [K in keyof T]?: T[K] | undefined };

function merge<T extends { readonly version: number }>(row: T, patch: Patch<T>, version: number): T {
  const next = { ...row, ...patch, version };
  for (const key in patch) if (patch[key] === undefined) return withoutUndefined(next) as T;
  return next as T;
}

/** Rebuilt rather than deleted from: `delete` would turn the row into a slow dictionary for the rest of its life. */
function withoutUndefined(row: object): object {
  const kept: Record<string, unknown> = {};
  for (const key in row) {
    const value = row[key as keyof typeof row];
    if (value !== undefined) kept[key] = value;
  }
  return kept;
}

/**
 * A run state under change. Seen from outside a transition is a pure function; inside, a draft collects the changes of
 * several steps so that every row moves by one version however many steps touched it.
 */
export class Draft {
  run: RunRow;
  readonly nowMs: number;
  readonly rules: LifecycleRules;
  readonly commands: Command[] = [];
  readonly events: RunEvent[] = [];
  readonly ledger: LedgerEntry[] = [];
  readonly observations: Observation[] = [];
  readonly decisions: DecisionRecord[] = [];
  /** Set when an attempt's end condemns the run; carried out once the input is handled. */
  doom: SerializedError | undefined;
  readonly #base: RunState;
  readonly #attempts: AttemptRow[];
  readonly #leases: LeaseRow[];
  /** Rows of other runs that are written with ours. */
  readonly #passedOn: LeaseRow[] = [];
  /** Rows that the store already has as they are here. */
  readonly #adopted: LeaseRow[] = [];
  #touchedRun = false;

  constructor(base: RunState, nowMs: number, rules: LifecycleRules) {
    this.#base = base;
    this.run = base.run;
    this.#attempts = [...base.attempts];
    this.#leases = [...base.leases];
    this.nowMs = nowMs;
    this.rules = rules;
  }

  get attempts(): readonly AttemptRow[] {
    return this.#attempts;
  }

  get leases(): readonly LeaseRow[] {
    return this.#leases;
  }

  /** Attempts count from 1 and are never removed. */
  attempt(number: number): AttemptRow | undefined {
    return this.#attempts[number - 1];
  }

  attemptOf(key: string): AttemptRow | undefined {
    return this.#attempts.find((attempt) => attempt.key === key);
  }

  lease(key: string): LeaseRow | undefined {
    return this.#leases.find((lease) => lease.key === key);
  }

  /** Every event changes the run's row, so the copy that this draft owns is written again rather than copied again. */
  changeRun(patch: Patch<RunRow>): void {
    if (!this.#touchedRun) this.run = merge(this.#base.run, patch, this.#base.run.version + 1);
    else if (Object.values(patch).includes(undefined)) this.run = merge(this.run, patch, this.run.version);
    else Object.assign(this.run, patch);
    this.#touchedRun = true;
  }

  addAttempt(row: AttemptRow): void {
    this.#attempts.push(row);
  }

  changeAttempt(number: number, patch: Patch<AttemptRow>): AttemptRow {
    const current = this.#attempts[number - 1];
    if (current === undefined) throw new RangeError(`attempt ${number} does not exist`);
    const version = (this.#base.attempts[number - 1]?.version ?? 0) + 1;
    const next = merge(current, patch, version);
    this.#attempts[number - 1] = next;
    return next;
  }

  addLease(row: LeaseRow): void {
    this.#leases.push(row);
  }

  /** An idle lease goes over to another attempt: its row is written with ours, and refuses us if somebody was quicker. Mostly it is another run's. */
  passOn(row: LeaseRow): void {
    const index = this.#leases.findIndex((lease) => lease.key === row.key);
    if (index < 0) {
      this.#passedOn.push(row);
      return;
    }
    this.#leases[index] = row;
  }

  /** Takes over what the store has of a lease, without writing it. */
  adoptLease(row: LeaseRow): void {
    const index = this.#leases.findIndex((lease) => lease.key === row.key);
    if (index < 0) return;
    this.#leases[index] = row;
    this.#adopted.push(row);
  }

  changeLease(key: string, patch: Patch<LeaseRow>): LeaseRow {
    const index = this.#leases.findIndex((lease) => lease.key === key);
    const current = this.#leases[index];
    if (current === undefined) throw new RangeError(`lease ${key} does not exist`);
    const version = (this.#base.leases[index]?.version ?? 0) + 1;
    const next = merge(current, patch, version);
    this.#leases[index] = next;
    return next;
  }

  tell(facts: EventFacts): void {
    const sequence = this.run.eventCount + 1;
    this.changeRun({ eventCount: sequence });
    const about = { type: facts.type, runId: this.run.id, sequence, atMs: this.nowMs };
    this.events.push(Object.assign(about, facts) as RunEvent);
  }

  observe(attempt: AttemptRow, fact: LooseObservation): void {
    const gpu = attempt.offer.resources.gpu?.label;
    const who: NodeIdentity = attempt.node;
    const about = { kind: fact.kind, who, atMs: this.nowMs };
    this.observations.push(Object.assign(about, gpu === undefined ? fact : { ...fact, gpu }) as Observation);
  }

  command(command: Command): void {
    this.commands.push(command);
  }

  get runTouched(): boolean {
    return this.#touchedRun;
  }

  get over(): boolean {
    return isTerminal(this.run.status);
  }

  #changedLeases(): readonly LeaseRow[] {
    const { leases } = this.#base;
    const ours = this.#leases.filter((lease, index) => lease !== leases[index] && !this.#adopted.includes(lease));
    return this.#passedOn.length === 0 ? ours : [...ours, ...this.#passedOn];
  }

  finish(): Transition {
    const state: RunState = { run: this.run, attempts: this.#attempts, leases: this.#leases };
    return {
      state,
      changed: {
        runs: this.#touchedRun ? [this.run] : [],
        attempts: this.#attempts.filter((attempt, index) => attempt !== this.#base.attempts[index]),
        leases: this.#changedLeases(),
        events: this.events,
        ledger: this.ledger,
        observations: this.observations,
        decisions: this.decisions,
      },
      commands: this.commands,
    };
  }
}
