import { mkdir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { SchedulerError } from "../../model/errors/scheduler-error.js";

/**
 * The place below `root` that a workload's path stands for. Absolute paths count from `root` too: `/in/x` and `in/x` are
 * the same. Paths that climb out with `..`, hold a NUL or name nothing are refused.
 *
 * @throws INVALID_WORKLOAD naming the path.
 */
export function confinedPath(root: string, path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  const problem = path.includes("\0")
    ? "holds a NUL"
    : segments.includes("..")
      ? "climbs with `..`"
      : segments.length === 0
        ? "names no file"
        : undefined;
  if (problem !== undefined) {
    throw new SchedulerError(
      "INVALID_WORKLOAD",
      `The path ${JSON.stringify(path)} ${problem}: name a file or directory below the working directory.`,
      {
        details: { path },
      },
    );
  }
  return join(root, ...segments);
}

/**
 * Makes the directories between `root` and a file below it, but never `root` itself: when somebody has taken it away
 * meanwhile, this fails instead of bringing it back.
 */
export async function makeParents(root: string, file: string): Promise<void> {
  let current = root;
  for (const segment of relative(root, dirname(file)).split(sep)) {
    if (segment === "") continue;
    current = join(current, segment);
    await mkdir(current).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}
