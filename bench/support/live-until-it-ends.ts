/** A process of its own that takes ever more runs on, tells of each step, and so comes to its end. */
import { LiveRuns } from "./live-runs.js";

const STEP = 100_000;
/** Long enough for a sweep or two of leases that are looked at rarely by now. */
const IDLE_MS = 45_000;

// The benchmark is gone.
process.on("disconnect", () => process.exit());

const runs = new LiveRuns(Number.MAX_SAFE_INTEGER - 1);
for (;;) {
  const begunMs = performance.now();
  await runs.add(STEP);
  const startedPerSecond = STEP / ((performance.now() - begunMs) / 1_000);
  const idleCoreShare = await runs.idleCoreShare(IDLE_MS);
  process.send?.({ runs: runs.count, startedPerSecond, idleCoreShare, bytesPerRun: runs.bytesEach() });
  if (idleCoreShare > 0.95) process.exit(0);
}
