import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Launch } from "../../spec/launch.js";

/**
 * Checks that every input and output lies below a VOLUME of the image: the runtime gives nothing else to transfers, and says so only when the
 * node is paid for already ("receiver is gone").
 *
 * @throws UNSUPPORTED_WORKLOAD naming the path.
 */
export function requireVolumes(launch: Pick<Launch, "inputs" | "outputs">, volumes: readonly string[], backend: string): void {
  for (const [field, files] of [
    ["inputs", launch.inputs],
    ["outputs", launch.outputs],
  ] as const) {
    const outside = files.find(({ path }) => !volumes.some((volume) => isBelow(path, volume)));
    if (outside === undefined) continue;
    const known = volumes.length === 0 ? "none is named in `volumes`" : `they are ${volumes.join(", ")}`;
    throw new SchedulerError(
      "UNSUPPORTED_WORKLOAD",
      `${backend}: ${field} must lie below a VOLUME of the image (${known}), and ${outside.path} does not. ` +
        "Declare a VOLUME for it in the image, convert the image again, and name the path in `volumes`.",
      { retry: "elsewhere", effect: "none", details: { field, path: outside.path, backend } },
    );
  }
}

function isBelow(path: string, volume: string): boolean {
  const base = volume.replace(/\/+$/, "");
  return path === base || path.startsWith(`${base}/`);
}
