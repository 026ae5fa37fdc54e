import { failureOf } from "../../model/errors/scheduler-error.js";
import { onStartFailed } from "./bind-attempt.js";
import type { Draft } from "./draft.js";
import { endAttempt } from "./end-attempt.js";
import { beginRelease } from "./release-lease.js";
import { isIdle } from "./warm-lease.js";

/**
 * Takes a run up where another process left it. What was under way is asked about, never assumed; a lease that only
 * its own process could use is ended.
 */
export function onRecover(draft: Draft): void {
  for (const lease of draft.leases) {
    const attempt = draft.attemptOf(lease.key);
    const processBound = draft.rules.capabilities(lease.backend)?.affinity === "process";
    switch (lease.state) {
      case "intended":
        if (lease.reused !== undefined) {
          // Whether it was started nobody can say without starting it again; letting it go costs no more.
          onStartFailed(draft, lease.key, crashed("It was about to be used again"));
          break;
        }
        draft.changeLease(lease.key, { nextTryAtMs: draft.nowMs });
        if (lease.partial) {
          beginRelease(draft, lease.key);
          if (attempt !== undefined) endAttempt(draft, attempt.number, "lost", { error: crashed("A launch was under way") });
        } else draft.command({ kind: "find", key: lease.key });
        break;
      case "open":
        if (isIdle(lease)) {
          if (processBound || draft.rules.warm === undefined) beginRelease(draft, lease.key);
        } else if (attempt === undefined || attempt.state === "done") beginRelease(draft, lease.key);
        else if (processBound)
          endAttempt(draft, attempt.number, "lost", { error: crashed("The lease belonged to a process that is gone") });
        else if (attempt.state === "collecting") draft.command({ kind: "collect", key: lease.key });
        else draft.command({ kind: "watch", key: lease.key });
        break;
      case "releasing":
        draft.command({ kind: "release", key: lease.key });
        if (attempt?.state === "collecting") draft.command({ kind: "collect", key: lease.key });
        break;
      case "released":
        if (!lease.settled) draft.command({ kind: "ask-charge", key: lease.key });
        break;
      case "absent":
        break;
    }
  }
  if (draft.run.status === "promoting") draft.command({ kind: "promote" });
}

const crashed = (what: string) => failureOf("LEASE_LOST", `${what} when its scheduler process ended.`);
