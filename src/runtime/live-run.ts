import type { RunInput } from "../core/lifecycle/inputs.js";
import type { PlacementInput } from "../core/placement/types.js";
import type { RunState } from "../model/run.js";
import type { Claim } from "../spec/store.js";
import type { Verdict } from "../spec/verifier.js";
import type { QueueOrder } from "./pending-queue.js";

/** A run that this process owns. Holds its state, what is waiting to be applied to it, and what is under way for it. */
export class LiveRun implements QueueOrder {
  state: RunState;
  claim: Claim;
  readonly sequence: number;
  /** Inputs not yet applied, with whoever waits for them to be committed. */
  inbox: RunInput[] = [];
  committed: { resolve: () => void; reject: (error: unknown) => void }[] | undefined;
  pumping = false;
  /** Something happened while the pump was running: it has to look once more. */
  again = false;
  /** When to look at the market again, if nothing happens before. */
  lookAgainMs: number | undefined;
  /** Looks at the market in a row that found nothing. */
  looks = 0;
  /** May place: it was taken from the queue and holds one of the scheduler's slots. */
  admitted = false;
  /** Where it waits: in the queue, parked with runs like it, parked alone, or nowhere. */
  waiting: "queued" | "parked" | "alone" | undefined;
  /** The claim has moved: this process must not touch the run any more. */
  lost = false;
  /** Effects under way, as `<kind> <key>`. */
  underway: Set<string> | undefined;
  /** The verifier's word and the results it is about. */
  judged: { readonly about: string; readonly verdict: Verdict } | undefined;
  /** See `shapeOf`. */
  shape: string | undefined;
  /** What the current placements were decided from, for ranking bids. */
  placements: Map<string, PlacementInput> | undefined;
  /** Where runners answer, by lease key, as reports have told. */
  endpoints: Map<string, string> | undefined;
  /** The attempt that the next one would continue, and how much of the work it has saved. */
  saved: { readonly attempt: number; readonly workDoneMs: number } | undefined;

  constructor(state: RunState, claim: Claim, sequence: number) {
    this.state = state;
    this.claim = claim;
    this.sequence = sequence;
  }

  get id(): string {
    return this.state.run.id;
  }

  get priority(): number {
    return this.state.run.workload.priority;
  }

  get retry(): boolean {
    return this.state.run.attempts > 0;
  }
}
