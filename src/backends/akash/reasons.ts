import type { ErrorCode } from "../../model/errors/codes.js";

/** What an end of a lease means. */
export interface LeaseEnd {
  readonly reason: ErrorCode;
  /** For people. */
  readonly message: string;
}

/** The chain's reasons by name (its market module); the numbers behind them are 1 to 9,999 for the owner, 10,000 for providers, 20,000 for the network. */
const REASONS: Readonly<Record<string, LeaseEnd>> = {
  owner: {
    reason: "LEASE_LOST",
    message: "The lease was closed from the account: by somebody, by its runtime limit, or at the end of a trial.",
  },
  unstable: { reason: "LEASE_LOST", message: "The provider closed the lease because its container did not stay up." },
  decommission: { reason: "PREEMPTED", message: "The provider closed the lease because it takes its machine out of service." },
  unspecified: { reason: "LEASE_LOST", message: "The provider closed the lease and says nothing of why." },
  manifest_timeout: { reason: "PROVISIONING_FAILED", message: "The lease was closed because its manifest never arrived." },
  insufficient_funds: {
    reason: "INSUFFICIENT_FUNDS",
    message: "The lease was closed because its escrow was used up. Add credits in the Console.",
  },
};

/** What a reason in an answer means: `lease_closed_reason_unstable`, `lease_closed_owner`, or a number. */
export function endOf(reason: string | null | undefined): LeaseEnd {
  const word = (reason ?? "").toLowerCase().replace(/^lease_closed_(reason_)?/, "");
  const named = Object.hasOwn(REASONS, word) ? REASONS[word] : undefined;
  return named ?? byNumber(Number(reason ?? Number.NaN));
}

const NUMBERS: Readonly<Record<number, string>> = {
  1: "owner",
  10000: "unstable",
  10001: "decommission",
  10002: "unspecified",
  10003: "manifest_timeout",
  20000: "insufficient_funds",
};

function byNumber(number: number): LeaseEnd {
  const named = REASONS[NUMBERS[number] ?? ""];
  if (named !== undefined) return named;
  const by = number >= 20_000 ? "by the network" : number >= 10_000 ? "by its provider" : number >= 1 ? "from the account" : "";
  return {
    reason: "LEASE_LOST",
    message: `The lease was closed${by === "" ? "" : ` ${by}`}, for a reason that this version does not know.`,
  };
}
