import type { ErrorCode } from "../../model/errors/codes.js";

/** How an agreement that a provider broke is reported. */
export interface BreakMeaning {
  readonly reason: ErrorCode;
  readonly message: string;
}

/** Provider's own codes (`golem.provider.code`), which the SDK drops and the daemon tells. */
const MEANINGS: Readonly<Record<string, BreakMeaning>> = {
  InitializationError: { reason: "PROVISIONING_FAILED", message: "The provider could not start its exe-unit." },
  Expired: { reason: "WORKLOAD_TIMED_OUT", message: "The time that was rented is over." },
  NoActivity: { reason: "BACKEND_UNAVAILABLE", message: "The provider saw no activity for too long: this side was too slow." },
  DebitNotesDeadline: {
    reason: "BACKEND_UNAVAILABLE",
    message: "A debit note was not accepted in time: look at the daemon and its allocations.",
  },
  DebitNoteRejected: { reason: "LEASE_LOST", message: "The provider left because a debit note above the agreed price was not accepted." },
  DebitNoteCancelled: { reason: "LEASE_LOST", message: "The provider took back a debit note and left." },
  DebitNoteNotPaid: {
    reason: "BACKEND_UNAVAILABLE",
    message: "An accepted debit note was not paid in time: look at the wallet's funds and gas.",
  },
  RequestorUnreachable: { reason: "LEASE_LOST", message: "The provider could not reach the daemon any more." },
  Shutdown: { reason: "PREEMPTED", message: "The provider shut down." },
};

/** What an agreement's end means that we did not ask for. Codes of tomorrow count as a lost lease. */
export function meaningOfBreak(code: string | undefined, said: string | undefined): BreakMeaning {
  const known = code !== undefined && Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : undefined;
  if (known !== undefined) return known;
  const text = said === undefined || said === "" ? "It gave no reason." : `It said: ${said.replace(/\s+/g, " ").slice(0, 200)}`;
  return { reason: "LEASE_LOST", message: `The provider ended the agreement. ${text}` };
}
