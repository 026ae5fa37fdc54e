import { z } from "zod";
import { collectAll, paginate } from "../../kit/paginate.js";
import { createSdk } from "../../kit/sdk.js";
import { sleep } from "../../kit/sleep.js";
import { isoToMs, msToIso } from "../../kit/timestamp.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { LogChunk } from "../../spec/launch.js";
import { loggingErrors } from "./logging-errors.js";
import type { OpenClient } from "./open-client.js";
import type { ResolvedOptions } from "./options.js";
import { stateOf } from "./report.js";
import { LOG_READS_PER_MINUTE, LOGS_LATE_MS } from "./unverified.js";
import { type Job, parseAnswer } from "./wire.js";

/** Longest time for one request, ms. */
const TIMEOUT_MS = 20_000;
/** Most entries of one page (documentation of `entries.list`). */
const PAGE_SIZE = 1_000;

/** Between two reads of one follower, and, for the quota, between the reads of all of them together. */
const LEAST_POLL_MS = 5_000;
const SHARED_POLL_MS = 60_000 / LOG_READS_PER_MINUTE;

const FINAL = ["SUCCEEDED", "FAILED", "CANCELLED", "DELETION_IN_PROGRESS"];

const entry = z.object({
  insertId: z.string().nullish(),
  timestamp: z.string().nullish(),
  severity: z.string().nullish(),
  textPayload: z.string().nullish(),
  jsonPayload: z.record(z.string(), z.unknown()).nullish(),
});
type Entry = z.output<typeof entry>;

const entryPage = z.object({ entries: z.array(entry).nullish(), nextPageToken: z.string().nullish() });

/** Reads what commands printed. */
export interface LogReader {
  /** `look`: the job as it is now, or nothing when it is not there. Ends once the job has ended and its lines have settled. */
  follow(look: () => Promise<Job | undefined>, call: CallContext): AsyncIterable<LogChunk>;
}

/** Makes the reader of one backend: Cloud Logging's REST interface, with the credentials of the Batch client. */
export function createLogReader(backend: string, project: string, endpoint: string | undefined, client: OpenClient): LogReader {
  const sdk = createSdk({ backend, errors: loggingErrors, timeoutMs: TIMEOUT_MS, concurrency: 4 });
  const what = "read the logs";
  const address = `${endpoint?.replace(/\/$/, "")}/v2/entries:list`;
  let followers = 0;

  async function page(filter: string, pageToken: string | undefined, call: CallContext) {
    const data = {
      resourceNames: [`projects/${project}`],
      filter,
      orderBy: "timestamp asc",
      pageSize: PAGE_SIZE,
      ...(pageToken === undefined ? {} : { pageToken }),
    };
    const answer = await sdk.read(call, what, async (signal) => {
      const { auth } = await client.get();
      if (auth === undefined) throw noAuth(backend);
      return auth.request({ url: address, method: "POST", data, signal, retry: false, responseType: "json" });
    });
    const { entries, nextPageToken } = parseAnswer(entryPage, answer.data, { backend, what, safe: true });
    return { items: entries ?? [], next: nextPageToken ?? undefined };
  }

  const entriesSince = (uid: string, sinceMs: number, call: CallContext): Promise<readonly Entry[]> => {
    const since = sinceMs > 0 ? ` AND timestamp>="${msToIso(sinceMs)}"` : "";
    const filter = `logName="projects/${project}/logs/batch_task_logs" AND labels.job_uid="${uid}"${since}`;
    return collectAll(paginate<Entry, string>((token) => page(filter, token, call), { backend, what: "the log entries" }));
  };

  async function* follow(look: () => Promise<Job | undefined>, call: CallContext): AsyncGenerator<LogChunk, void, undefined> {
    let uid: string | undefined;
    let newestMs = 0;
    let told = new Map<string, number>();
    let quietSinceMs: number | undefined;
    for (;;) {
      const job = await look();
      uid ??= job?.uid;
      // Never there, or gone before anything was known of it.
      if (uid === undefined && job === undefined) return;
      const isOver = job === undefined || FINAL.includes(stateOf(job));
      const entries = uid === undefined ? [] : await entriesSince(uid, newestMs - LOGS_LATE_MS, call);
      const fresh = entries.filter((one) => !told.has(idOf(one)));
      for (const one of fresh) {
        yield chunkOf(one);
        newestMs = Math.max(newestMs, timeOf(one));
      }
      told = new Map(
        [...told, ...fresh.map((one) => [idOf(one), timeOf(one)] as const)].filter(([, atMs]) => atMs >= newestMs - LOGS_LATE_MS),
      );
      const nowMs = call.host.monotonic();
      quietSinceMs = isOver && fresh.length === 0 ? (quietSinceMs ?? nowMs) : undefined;
      if (quietSinceMs !== undefined && nowMs - quietSinceMs >= LOGS_LATE_MS) return;
      await sleep(Math.max(LEAST_POLL_MS, followers * SHARED_POLL_MS), call);
    }
  }

  return {
    async *follow(look, call) {
      if (endpoint === undefined) throw noEndpoint(backend);
      followers++;
      try {
        yield* follow(look, call);
      } finally {
        followers--;
      }
    },
  };
}

const timeOf = ({ timestamp }: Entry): number => isoToMs(timestamp ?? "") ?? 0;

/** The id alone is unique within a time stamp only. */
const idOf = ({ insertId, timestamp }: Entry): string => `${timestamp ?? ""} ${insertId ?? ""}`;

/** What goes to stderr has the severity ERROR. */
function chunkOf(one: Entry): LogChunk {
  const message = one.textPayload ?? one.jsonPayload?.["message"];
  const text = typeof message === "string" ? message : JSON.stringify(one.jsonPayload ?? "");
  const atMs = timeOf(one);
  return { stream: one.severity === "ERROR" ? "stderr" : "stdout", text: `${text}\n`, ...(atMs === 0 ? {} : { atMs }) };
}

/** Where Cloud Logging is: beside Batch, unless that is somewhere else than one would think. */
export function loggingEndpointOf({ loggingEndpoint, clientOptions = {} }: Pick<ResolvedOptions, "loggingEndpoint" | "clientOptions">) {
  if (loggingEndpoint !== undefined) return loggingEndpoint;
  if (clientOptions["apiEndpoint"] !== undefined || clientOptions["servicePath"] !== undefined) return undefined;
  const universe = clientOptions["universeDomain"] ?? clientOptions["universe_domain"];
  return `https://logging.${typeof universe === "string" ? universe : "googleapis.com"}`;
}

const noEndpoint = (backend: string): SchedulerError =>
  new SchedulerError(
    "INVALID_CONFIG",
    `${backend} does not know where the logs are: with \`clientOptions.apiEndpoint\` set \`loggingEndpoint\` too.`,
    {
      effect: "none",
      details: { backend, field: "loggingEndpoint" },
    },
  );

const noAuth = (backend: string): SchedulerError =>
  new SchedulerError(
    "INVALID_CONFIG",
    `${backend} cannot read logs with this \`client\`: it has no \`auth\`, as a BatchServiceClient does.`,
    {
      effect: "none",
      details: { backend, field: "client" },
    },
  );
