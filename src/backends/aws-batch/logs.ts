import type { CloudWatchLogsClientConfig } from "@aws-sdk/client-cloudwatch-logs";
import type { z } from "zod";
import { importPeer } from "../../kit/lazy-import.js";
import { createSdk } from "../../kit/sdk.js";
import { sleep } from "../../kit/sleep.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { LogChunk } from "../../spec/launch.js";
import { clientSettings } from "./client.js";
import { errors } from "./errors.js";
import { isFinal } from "./map.js";
import type { ResolvedOptions } from "./options.js";
import type { AwsBatchClient } from "./sdk-client.js";
import { type JobDetail, logEvents } from "./wire.js";

/** Between two looks for new lines, and for a job that does not run yet. */
const POLL_MS = 2_000;
const WAITING_POLL_MS = 5_000;
/** Lines may arrive so long after the command has ended. */
const SETTLE_MS = 5_000;

/** Reads what commands printed. */
export interface LogReader {
  /** `job`: the job as it is now, or nothing when Batch does not know it. Ends once the job has ended and its lines have settled. */
  follow(job: () => Promise<JobDetail | undefined>, groupOf: (job: JobDetail) => string, call: CallContext): AsyncIterable<LogChunk>;
  close(): void;
}

/** Makes the reader of one backend. The SDK for CloudWatch Logs is loaded when logs are first read. */
export function createLogReader(id: string, options: ResolvedOptions, region: string): LogReader {
  const sdkCalls = createSdk({ backend: id, errors, timeoutMs: options.requestTimeoutMs });
  let own: AwsBatchClient | undefined;

  async function page(
    group: string,
    stream: string,
    token: string | undefined,
    call: CallContext,
  ): Promise<z.output<typeof logEvents> | undefined> {
    const sdk = await importPeer("@aws-sdk/client-cloudwatch-logs", () => import("@aws-sdk/client-cloudwatch-logs"), { subject: id });
    const endpoint = options.logsEndpoint ?? options.endpoint;
    const config: CloudWatchLogsClientConfig = { ...clientSettings(options, region), ...(endpoint === undefined ? {} : { endpoint }) };
    own ??= options.logsClient ?? new sdk.CloudWatchLogsClient(config);
    const client = own;
    const input = { logGroupName: group, logStreamName: stream, startFromHead: true, ...(token === undefined ? {} : { nextToken: token }) };
    try {
      return await sdkCalls.read(call, "read the logs", async (abortSignal) => {
        const answer = await client.send(new sdk.GetLogEventsCommand(input), { abortSignal }).catch((error: unknown) => {
          // The stream is made with the first line.
          if (error instanceof Error && error.name === "ResourceNotFoundException") return undefined;
          throw error;
        });
        return answer === undefined ? undefined : logEvents.parse(answer);
      });
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason;
      throw SchedulerError.isInstance(error)
        ? error
        : new SchedulerError("BACKEND_RESPONSE_INVALID", `${id} could not read the logs.`, { cause: error });
    }
  }

  return {
    async *follow(job, groupOf, call) {
      let token: string | undefined;
      let settledAtMs: number | undefined;
      for (;;) {
        const now = await job();
        if (now === undefined) return;
        const stream = now.container?.logStreamName ?? now.attempts?.at(-1)?.container?.logStreamName;
        let isQuiet = true;
        while (stream !== undefined) {
          const next = await page(groupOf(now), stream, token, call);
          for (const event of next?.events ?? []) {
            isQuiet = false;
            yield {
              stream: "stdout",
              text: `${event.message ?? ""}\n`,
              ...(event.timestamp === undefined ? {} : { atMs: event.timestamp }),
            };
          }
          // At the end the same token comes back.
          const isEnd = next?.nextForwardToken === undefined || next.nextForwardToken === token;
          token = next?.nextForwardToken ?? token;
          if (isEnd || next?.events.length === 0) break;
        }
        if (isFinal(now)) {
          settledAtMs ??= call.host.monotonic() + SETTLE_MS;
          if (!isQuiet) settledAtMs = call.host.monotonic() + SETTLE_MS;
          if (stream === undefined || call.host.monotonic() >= settledAtMs) return;
        }
        await sleep(stream === undefined ? WAITING_POLL_MS : POLL_MS, call);
      }
    },
    close() {
      if (options.logsClient === undefined) own?.destroy?.();
      own = undefined;
    },
  };
}
