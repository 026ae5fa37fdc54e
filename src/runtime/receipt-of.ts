import type { Receipt, ReceiptLine } from "../model/receipt.js";
import type { RunState } from "../model/run.js";

/** The receipt of a run as its rows tell it. */
export function receiptOf(state: RunState, nowMs: number): Receipt {
  const lines = state.attempts.map((attempt): ReceiptLine => {
    const lease = state.leases.find(({ key }) => key === attempt.key);
    const openMs = lease?.openedAtMs === undefined ? 0 : Math.max(0, (lease.releasedAtMs ?? nowMs) - lease.openedAtMs);
    return {
      attempt: attempt.number,
      purpose: attempt.purpose,
      backend: attempt.offer.backend,
      ...(attempt.node.node === undefined ? {} : { node: attempt.node.node }),
      ...(attempt.outcome === undefined ? {} : { outcome: attempt.outcome }),
      openMs,
      charged: (lease?.charge?.amount ?? 0n) + (lease?.read ?? 0n),
      read: lease?.read ?? 0n,
      held: lease === undefined || lease.settled ? 0n : lease.hold,
      final: lease?.settled ?? true,
    };
  });
  return {
    runId: state.run.id,
    lines,
    charged: lines.reduce((sum, line) => sum + line.charged, 0n),
    held: lines.reduce((sum, line) => sum + line.held, 0n),
    final: lines.every((line) => line.final),
  };
}
