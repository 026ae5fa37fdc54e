import { poll } from "../../kit/poll.js";
import { MANIFEST_MARK } from "../../kit/runner/manifest.js";
import { sleep } from "../../kit/sleep.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { LogChunk } from "../../spec/launch.js";
import { jsonOf, type LeaseWindow } from "./lease-window.js";
import type { Deal, Market } from "./market.js";
import { currentLease, mayRun, standingOf } from "./report.js";
import { isTokenRefused } from "./token-verdict.js";
import { logLine } from "./wire.js";

/** From one connection to the next, ms. */
const RECONNECT_MS = 2_000;
/** Connections in a row that bring nothing new before it is given up. */
const MOST_FRUITLESS = 30;

/** What the log of a lease is read with. */
export interface LogSource {
  readonly backend: string;
  readonly market: Market;
  readonly window: LeaseWindow;
  readonly dseq: string;
  readonly service: string;
  readonly idleMs: number;
}

/**
 * What the container prints, once it runs. Both of its streams come as one. A stream that ends says nothing of the command: it is opened again, and
 * what was read before is passed over. It is over with the line in which the runner prints its manifest, with the lease, or with a long silence.
 */
export async function* readLogs(source: LogSource, call: CallContext): AsyncGenerator<LogChunk, void, undefined> {
  const { window, service, idleMs, backend } = source;
  const cursor = createCursor();
  let fruitless = 0;
  for (;;) {
    const deal = await untilUp(source, call);
    if (deal === undefined) return;
    const end = { seen: false, brought: false };
    cursor.restart();
    try {
      for await (const frame of window.log(call, deal, service, idleMs)) {
        if (frame.kind === "closed") {
          end.seen = true;
          break;
        }
        const text = cursor.take(frame.text);
        if (text === undefined) continue;
        end.brought = true;
        yield { stream: "stdout", text: `${text}\n` };
        if (text.startsWith(`${MANIFEST_MARK} `)) return;
      }
      if (!end.seen) return;
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason;
      if (!SchedulerError.isInstance(error) || error.code !== "BACKEND_UNAVAILABLE") throw error;
      call.logger.debug({ backend, dseq: source.dseq, renews: isTokenRefused(error) }, "a log stream broke, and is opened again");
      if (fruitless >= MOST_FRUITLESS) throw error;
    }
    fruitless = end.brought ? 0 : fruitless + 1;
    if (fruitless > MOST_FRUITLESS) return;
    await sleep(RECONNECT_MS, call);
  }
}

/** The lease once its container is up; nothing when it never will be again. */
async function untilUp({ backend, market, dseq, service }: LogSource, call: CallContext): Promise<Deal | undefined> {
  const found = await poll(
    call,
    async (): Promise<Deal | "over" | undefined> => {
      const detail = await market.deployment(call, dseq);
      const lease = detail === undefined ? undefined : currentLease(detail);
      if (detail === undefined || detail.deployment.state === "closed") return "over";
      if (lease === undefined) return undefined;
      if (!mayRun(detail, lease)) return "over";
      return standingOf(lease.status, service) === "not-up" ? undefined : { ...lease.id, dseq };
    },
    { backend, what: "the container", everyMs: RECONNECT_MS },
  );
  return found === "over" ? undefined : found;
}

/** Passes over what was read before, when a stream begins anew with the whole log. */
function createCursor() {
  let read = 0;
  let first: string | undefined;
  let at = 0;
  return {
    /** A stream begins. */
    restart(): void {
      at = 0;
    },
    /** The line of a frame, if it is new. */
    take(frame: string): string | undefined {
      const parsed = logLine.safeParse(jsonOf(frame));
      if (!parsed.success) return undefined;
      const { name, message } = parsed.data;
      const line = `${name ?? ""}\n${message}`;
      // Another first line: the container was started again, and its log with it.
      if (at === 0 && line !== first) {
        first = line;
        read = 0;
      }
      at += 1;
      if (at <= read) return undefined;
      read = at;
      return message.replace(/\r?\n$/, "");
    },
  };
}
