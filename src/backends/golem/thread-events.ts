import type { BidBook } from "./bid-book.js";
import { readGlm } from "./glm.js";
import type { Session } from "./session.js";
import type { WorkerEvent } from "./worker/messages.js";

/** Who hears what the SDK's threads tell unasked. */
export interface ThreadEvents {
  readonly onEvent: (namespace: string, event: WorkerEvent) => void;
  readonly onEnd: (namespace: string, why: string) => void;
}

/** Leads events to the lease or the negotiation that they are about. */
export function createThreadEvents(sessions: ReadonlyMap<string, Session>, books: ReadonlyMap<string, BidBook>): ThreadEvents {
  return {
    onEvent(_namespace, event) {
      if (event.event === "fault") {
        for (const { logger, clean } of firstOf(sessions)) {
          logger.warn(
            { error: clean(`${event.error.name}: ${event.error.message}`).slice(0, 300) },
            "the SDK let an error go; its thread lives on",
          );
        }
        return;
      }
      if (!("key" in event)) return;
      books.get(event.key)?.onEvent(event);
      const session = sessions.get(event.key);
      if (session !== undefined) tell(session, event);
    },
    onEnd(namespace, why) {
      for (const session of sessions.values()) {
        if (session.namespace.id !== namespace) continue;
        session.logger.error({ key: session.key, why: session.clean(why) }, "the SDK's thread ended, and with it the way to this lease");
        books.get(session.key)?.fail({ name: "WorkerEnded", message: why });
        if (session.phase !== "binding") session.ended("LEASE_LOST", "The SDK's thread ended, and nobody else can follow the lease.");
      }
    },
  };
}

function tell(session: Session, event: WorkerEvent): void {
  switch (event.event) {
    case "activity":
      session.activityId = event.activityId;
      return;
    case "output":
      session.log.add({ stream: event.stream, text: event.text, atMs: session.host.now() });
      return;
    case "output-lost":
      session.log.add({ stream: "system", text: "[the stream of output was lost; the command goes on]\n" });
      return;
    case "bill": {
      const amount = readGlm(event.amount);
      if (event.accepted && amount !== undefined) session.accept(amount);
      if (!event.accepted)
        session.logger.warn({ key: session.key, kind: event.kind, amount: event.amount }, "a bill above what was agreed is not accepted");
      return;
    }
    default:
      return;
  }
}

const firstOf = (sessions: ReadonlyMap<string, Session>): readonly Session[] => [...sessions.values()].slice(0, 1);
