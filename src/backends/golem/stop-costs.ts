import type { Desk } from "./desk.js";
import { readRef } from "./reference.js";
import type { Session } from "./session.js";

const LIMIT_MS = 30_000;

/**
 * Ends activity and agreement of a lease whose time is over, without waiting for anybody to release it. A failure is no matter: the release does
 * the same again, and the agreement has an end of its own.
 */
export async function stopCosts(session: Session, desk: Desk): Promise<void> {
  const { host, namespace, logger } = session;
  const call = {
    ...{ host, namespace, logger },
    signal: new AbortController().signal,
    deadlineMs: host.now() + LIMIT_MS,
    progress: async () => undefined,
  };
  const { agreement } = session.ref === undefined ? {} : readRef(session.ref);
  try {
    if (session.activityId !== undefined) await desk.yagna.destroyActivity(call, session.activityId);
  } catch {
    logger.debug({ key: session.key }, "the activity of an ended lease could not be destroyed; its agreement is ended all the same");
  }
  try {
    if (agreement !== undefined) await desk.yagna.terminateAgreement(call, agreement);
  } catch {
    logger.warn({ key: session.key }, "the agreement of an ended lease could not be terminated yet; its release does it again");
  }
}
