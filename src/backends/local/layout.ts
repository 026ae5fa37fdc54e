import { lstat, mkdir } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { SchedulerError } from "../../model/errors/scheduler-error.js";

/**
 * Where things lie below the backend's directory. What is there is the truth about leases; no process knows more.
 *
 * - `leases/<key>/`: one open lease: `lease.json`, the records of its command, its output, `root/` (the attempt's directory), `tmp/`.
 * - `ledger/<key>.json`: what a released lease has cost.
 * - `trash/`: directories of released leases on their way out.
 * - `lock/`: who may take capacity now.
 */
export interface Layout {
  readonly base: string;
  readonly leases: string;
  readonly ledger: string;
  readonly trash: string;
  readonly lock: string;
}

export function layoutOf(directory: string | undefined, id: string): Layout {
  const base = resolve(directory ?? join(tmpdir(), `spillway-${userInfo().uid}`, id));
  return { base, leases: join(base, "leases"), ledger: join(base, "ledger"), trash: join(base, "trash"), lock: join(base, "lock") };
}

/** The places of one lease. */
export interface LeasePlace {
  readonly directory: string;
  /** The attempt's directory: working directory of the command, what `SPILLWAY_ROOT` names. */
  readonly root: string;
  readonly temporary: string;
  readonly record: string;
  /** Why the command was never started. */
  readonly failure: string;
}

export const leasePlace = (layout: Layout, key: string): LeasePlace => placeAt(join(layout.leases, key));

export const placeAt = (directory: string): LeasePlace => ({
  directory,
  root: join(directory, "root"),
  temporary: join(directory, "tmp"),
  record: join(directory, "lease.json"),
  failure: join(directory, "failure.json"),
});

/**
 * Makes the directories, for this user only. In a directory that everybody may write to, such as the one for temporary files,
 * somebody else could have made it first and would then see inputs and outputs; that is refused.
 *
 * @throws INVALID_CONFIG naming `directory`.
 */
export async function makeLayout(layout: Layout): Promise<void> {
  try {
    for (const directory of [layout.base, layout.leases, layout.ledger, layout.trash, layout.lock]) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
    }
  } catch (error) {
    throw unusable(layout, error instanceof Error ? error.message : String(error));
  }
  const facts = await lstat(layout.leases);
  const { uid } = userInfo();
  if (uid >= 0 && facts.uid !== uid && uid !== 0) throw unusable(layout, "it belongs to another user");
}

function unusable(layout: Layout, why: string): SchedulerError {
  return new SchedulerError(
    "INVALID_CONFIG",
    `local: the directory ${layout.base} cannot be used (${why}): name another one with \`directory\`.`,
    {
      details: { field: "directory" },
    },
  );
}
