import type { Workload } from "../provider/workload.js";
import type { Stream } from "./sockets.js";

/** How logs are asked for. */
export interface LogRequest {
  readonly isFollowing: boolean;
  readonly services: readonly string[];
  /** So many of the last lines; less than 0: all. */
  readonly tail: number;
}

/** Sends what the present containers have printed, and what follows. Ends without a close frame when the last of them has ended. */
export function streamLogs(stream: Stream, workload: Workload, { isFollowing, services, tail }: LogRequest): void {
  const pods = workload.podsOf(services);
  if (pods.length === 0) {
    stream.close(4_000, "no running pods");
    return;
  }
  let following = 0;
  for (const pod of pods) {
    const send = (message: string): void => stream.send(JSON.stringify({ name: pod.name, message }));
    const lines = tail < 0 ? pod.lines : pod.lines.slice(Math.max(0, pod.lines.length - tail));
    for (const line of lines) send(line);
    if (!isFollowing) continue;
    following += 1;
    stream.onLeave(
      pod.follow({
        line: send,
        ended: () => {
          following -= 1;
          if (following === 0) stream.cut();
        },
      }),
    );
  }
  if (!isFollowing) stream.cut();
}
