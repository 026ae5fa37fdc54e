import type { AttemptPurpose, Outcome } from "./attempt.js";
import type { NanoUsd } from "./money.js";

/** What one attempt cost. */
export interface ReceiptLine {
  readonly attempt: number;
  readonly purpose: AttemptPurpose;
  readonly backend: string;
  readonly node?: string;
  readonly outcome?: Outcome;
  /** How long the lease was open, ms. */
  readonly openMs: number;
  /** The seller's charge and {@link ReceiptLine.read}. */
  readonly charged: NanoUsd;
  /** Of that, what artifact stores bill for reading the inputs: their sizes at the stores' prices. */
  readonly read: NanoUsd;
  /** Still held for the worst case. */
  readonly held: NanoUsd;
  /** The charge will not change any more. */
  readonly final: boolean;
}

/** What a run cost, line by line. */
export interface Receipt {
  readonly runId: string;
  readonly lines: readonly ReceiptLine[];
  readonly charged: NanoUsd;
  readonly held: NanoUsd;
  readonly final: boolean;
}
