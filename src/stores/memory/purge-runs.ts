import { isTerminal } from "../../model/run.js";
import type { RunRecord } from "./run-record.js";
import { mayExist, type Tables } from "./tables.js";

/** Forgets what is over for long enough, with everything of it. A lease that may still cost money keeps its run. */
export function purgeRuns(tables: Tables, endedBeforeMs: number): number {
  const removed = tables.accepted.filter((record) => isOver(record, endedBeforeMs));
  if (removed.length === 0) return 0;
  for (const record of removed) {
    tables.runs.delete(record.run.id);
    for (const lease of record.leases) tables.leases.delete(lease.key);
  }
  tables.accepted = tables.accepted.filter(({ run }) => tables.runs.has(run.id));
  purgeGroups(tables, removed);
  for (const row of tables.keys.values()) if (isOrphan(tables, row.runId, row.groupId)) tables.keys.delete(row.key);
  return removed.length;
}

function isOver({ run, leases }: RunRecord, endedBeforeMs: number): boolean {
  if (!run.settled || !isTerminal(run.status) || run.endedAtMs === undefined || run.endedAtMs >= endedBeforeMs) return false;
  return !leases.some(mayExist);
}

/** A group goes with the last of its members. */
function purgeGroups(tables: Tables, removed: readonly RunRecord[]): void {
  const touched = new Set(removed.map(({ run }) => run.groupId));
  for (const id of touched) {
    const group = id === undefined ? undefined : tables.groups.get(id);
    if (group && !group.members.some((member) => tables.runs.has(member))) tables.groups.delete(group.id);
  }
}

function isOrphan(tables: Tables, runId: string | undefined, groupId: string | undefined): boolean {
  if (groupId !== undefined) return !tables.groups.has(groupId);
  return runId !== undefined && !tables.runs.has(runId);
}
