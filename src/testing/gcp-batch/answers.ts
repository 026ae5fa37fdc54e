import type { Protocol } from "./protocol.js";
import type { SimulatedEvent, SimulatedJob } from "./simulated-job.js";

const at = (ms: number): { readonly seconds: number; readonly nanos: number } => ({
  seconds: Math.floor(ms / 1_000),
  nanos: Math.round((ms % 1_000) * 1e6),
});

/** The events come in no order that means anything. */
const shuffled = (events: readonly SimulatedEvent[]): readonly SimulatedEvent[] =>
  [...events].sort((a, b) => (a.description < b.description ? -1 : 1));

/** Events as the service writes them. */
const toEvents = (events: readonly SimulatedEvent[]): readonly object[] =>
  shuffled(events).map(({ description, atMs, taskState, exitCode }) => ({
    type: "STATUS_CHANGED",
    description,
    eventTime: at(atMs),
    ...(taskState === undefined ? {} : { taskState }),
    ...(exitCode === undefined ? {} : { taskExecution: { exitCode } }),
  }));

/** A job as `getJob` and `listJobs` show it. */
export function jobAnswer({ batch }: Protocol, parent: string, job: SimulatedJob, nowMs: number): object {
  const { spec, state, taskState, runningSinceMs } = job;
  return batch.Job.fromObject({
    ...spec.request,
    name: `${parent}/jobs/${spec.id}`,
    uid: spec.uid,
    createTime: at(job.createdAtMs),
    updateTime: at(job.updatedAtMs),
    status: {
      state: job.disguise ?? state,
      statusEvents: toEvents(job.jobEvents),
      ...(taskState === undefined
        ? {}
        : {
            taskGroups: {
              group0: {
                counts: { [taskState]: 1 },
                instances: [{ machineType: spec.machineType, provisioningModel: spec.provisioningModel, taskPack: 1 }],
              },
            },
          }),
      ...(runningSinceMs === undefined ? {} : { runDuration: at((job.finishedAtMs ?? nowMs) - runningSinceMs) }),
    },
  });
}

/** A job's only task. */
export function taskAnswer({ batch }: Protocol, parent: string, job: SimulatedJob): object {
  return batch.Task.fromObject({
    name: `${parent}/jobs/${job.spec.id}/taskGroups/group0/tasks/0`,
    status: { state: job.taskState ?? "PENDING", statusEvents: toEvents(job.taskEvents) },
  });
}
