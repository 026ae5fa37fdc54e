import { z } from "zod";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { BatchApi } from "./client.js";
import { raceSignal } from "./race-signal.js";
import { terminated } from "./wire.js";

/** Ids that one TerminateJobs takes (types of `@aws-sdk/client-batch` 3.1138.0). */
export const MOST_TERMINATED = 50;

/** Asks for the end of jobs. */
export interface Terminator {
  /**
   * Asks for the end of a job, in whatever state it is; one that does not exist counts as ended.
   *
   * @param reason comes back with the job
   */
  terminate(jobId: string, reason: string, call: CallContext): Promise<void>;
}

interface Waiting {
  readonly jobId: string;
  readonly reason: string;
  readonly call: CallContext;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Calls under way at once. One that gets no answer must not hold up all the others. */
const LANES = 4;

/**
 * Ends jobs up to fifty at a time: some go at once, and those that come while these are under way go together when one is answered. So nobody waits for
 * others to come, and ending a thousand jobs takes some twenty calls.
 *
 * Which permission the bulk call needs is not known for certain, and other services that speak Batch's protocol lack it. Where it is refused and single
 * calls are not, jobs are ended one by one from then on.
 */
export function createTerminator(id: string, api: BatchApi): Terminator {
  const waiting: Waiting[] = [];
  let lanes = 0;
  let hasBulk = true;

  /** True when it was accepted. */
  const one = async ({ jobId, reason, call, resolve, reject }: Waiting): Promise<boolean> => {
    try {
      // Repeating it changes nothing, and it costs nothing.
      await api.read(call, "terminate the job", (sdk) => new sdk.TerminateJobCommand({ jobId, reason }), z.unknown());
      resolve();
      return true;
    } catch (error) {
      reject(error);
      return false;
    }
  };

  async function several(entries: readonly Waiting[], { reason, call }: Waiting): Promise<void> {
    const request = { jobs: [...new Set(entries.map(({ jobId }) => jobId))], reason };
    let answer: z.output<typeof terminated>;
    try {
      answer = await api.read(call, "terminate the jobs", (sdk) => new sdk.TerminateJobsCommand(request), terminated);
    } catch (error) {
      if (call.signal.aborted) waiting.unshift(...entries.filter((entry) => entry.call !== call));
      else if (!isRefusal(error)) for (const { reject } of entries) reject(error);
      else if ((await Promise.all(entries.map(one))).includes(true)) doWithoutBulk(call);
      return;
    }
    const failed = new Set(answer.errors.map(({ job }) => job));
    for (const entry of entries) if (!failed.has(entry.jobId)) entry.resolve();
    // Those that were throttled may go through, and others say why not in the words of an error.
    await Promise.all(entries.filter(({ jobId }) => failed.has(jobId)).map(one));
  }

  function doWithoutBulk({ logger }: CallContext): void {
    hasBulk = false;
    logger.warn({ backend: id }, "jobs are terminated one by one, since batch:TerminateJobs is refused; allow it to save calls");
  }

  /** Of one reason, as many as a call takes. */
  function nextBatch(): readonly Waiting[] {
    const open = waiting.filter(({ call }) => !call.signal.aborted);
    const batch = open.filter(({ reason }) => reason === open[0]?.reason).slice(0, hasBulk ? MOST_TERMINATED : 1);
    waiting.splice(0, waiting.length, ...open.filter((entry) => !batch.includes(entry)));
    return batch;
  }

  async function work(): Promise<void> {
    lanes++;
    for (let batch = nextBatch(); batch.length > 0; batch = nextBatch()) {
      // The one with the most time speaks for all.
      const [first] = [...batch].sort((a, b) => b.call.deadlineMs - a.call.deadlineMs);
      if (first !== undefined) await (batch.length === 1 ? one(first) : several(batch, first));
    }
    lanes--;
  }

  return {
    async terminate(jobId, reason, call) {
      if (call.signal.aborted) throw call.signal.reason;
      const accepted = new Promise<void>((resolve, reject) => {
        waiting.push({ jobId, reason, call, resolve, reject });
      });
      if (lanes < LANES) void work();
      return raceSignal(accepted, call.signal);
    },
  };
}

/** The operation itself is not allowed, or not known. */
const isRefusal = (error: unknown): boolean =>
  SchedulerError.isInstance(error) && ["BACKEND_AUTH_FAILED", "BACKEND_REJECTED", "BACKEND_RESPONSE_INVALID"].includes(error.code);
