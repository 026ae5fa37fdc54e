import type { Workload } from "../provider/workload.js";
import type { Stream } from "./sockets.js";

/** Sends the events of a workload's pods, and what follows. Ends with 1000. */
export function streamEvents(stream: Stream, workload: Workload, isFollowing: boolean, services: readonly string[]): void {
  const pods = new Set(workload.podsOf(services).map(({ name }) => name));
  let sent = 0;
  const more = (): void => {
    for (const { type, reason, note, pod } of workload.events.slice(sent)) {
      if (!pods.has(pod)) continue;
      const object = { kind: "Pod", namespace: workload.namespace, name: pod };
      stream.send(JSON.stringify({ type, reason, note, reportingController: "kubelet", reportingInstance: "node-1", object }));
    }
    sent = workload.events.length;
    if (!isFollowing || workload.over) stream.close(1_000, "");
  };
  if (isFollowing) {
    workload.eventReaders.add(more);
    stream.onLeave(() => workload.eventReaders.delete(more));
  }
  more();
}
