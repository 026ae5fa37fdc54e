import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { RunPage, RunQuery, RunSummary } from "../../spec/store.js";
import type { RunRecord } from "./run-record.js";

const DEFAULT_PAGE = 100;

/** One page, newest first. The cursor is the order of the last run shown, so runs accepted meanwhile do not shift later pages. */
export function queryRuns(accepted: readonly RunRecord[], query: RunQuery): RunPage {
  const limit = query.limit ?? DEFAULT_PAGE;
  const runs: RunSummary[] = [];
  let index = query.cursor === undefined ? accepted.length - 1 : indexBefore(accepted, parseCursor(query.cursor));
  for (let last: RunRecord | undefined; index >= 0; index -= 1) {
    const record = accepted[index];
    if (!record || !matches(record, query)) continue;
    if (last && runs.length >= limit) return { runs, cursor: String(last.order) };
    runs.push(summary(record));
    last = record;
  }
  return { runs };
}

function parseCursor(cursor: string): number {
  const order = /^\d+$/.test(cursor) ? Number(cursor) : Number.NaN;
  if (Number.isSafeInteger(order)) return order;
  throw new SchedulerError(
    "INVALID_CONFIG",
    "The cursor of this query was not made by this store: pass `cursor` of the page before, unchanged.",
    {
      details: { field: "cursor" },
    },
  );
}

/** Index of the newest record older than `order`; -1 if there is none. */
function indexBefore(accepted: readonly RunRecord[], order: number): number {
  let low = 0;
  let high = accepted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((accepted[middle]?.order ?? order) < order) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function matches({ run }: RunRecord, query: RunQuery): boolean {
  if (query.status && !query.status.includes(run.status)) return false;
  if (query.settled !== undefined && run.settled !== query.settled) return false;
  if (query.groupId !== undefined && run.groupId !== query.groupId) return false;
  if (query.tenant !== undefined && run.workload.tenant !== query.tenant) return false;
  for (const [label, value] of Object.entries(query.labels ?? {})) if (run.workload.labels[label] !== value) return false;
  return true;
}

const summary = ({ run }: RunRecord): RunSummary => ({
  id: run.id,
  status: run.status,
  ...(run.workload.name === undefined ? {} : { name: run.workload.name }),
  kind: run.workload.kind,
  ...(run.workload.tenant === undefined ? {} : { tenant: run.workload.tenant }),
  ...(run.groupId === undefined ? {} : { groupId: run.groupId }),
  acceptedAtMs: run.acceptedAtMs,
  ...(run.endedAtMs === undefined ? {} : { endedAtMs: run.endedAtMs }),
  attempts: run.attempts,
  settled: run.settled,
});
