import { type AttemptRow, type DecisionRecord, type Receipt, type RunEvent, Scheduler } from "spillway";
import { fileStore } from "spillway/data/file";
import { animation, FOLDER } from "./animation.js";
import { openLeases, realSellers } from "./sellers.js";
import type { Strategy } from "./strategies.js";

/** One frame as it came back. */
export interface Frame {
  readonly number: number;
  readonly bytes: Uint8Array;
  readonly winner: AttemptRow;
  readonly attempts: readonly AttemptRow[];
  readonly decisions: readonly DecisionRecord[];
}

/** What came of the animation. */
export interface Outcome {
  /** Frames that were accepted, in order. */
  readonly frames: readonly Frame[];
  /** Why others were not. */
  readonly problems: readonly string[];
  readonly receipts: readonly Receipt[];
  /** Leases open at the end: by our own books, and by the sellers'. */
  readonly openLeases: { readonly ours: number; readonly sellers: number };
}

/** Frames under way at once. All nodes share the cores of this machine. */
const AT_ONCE = 3;

/** Renders the animation, and waits until every lease is over and every charge final. `watch` is told of everything that happens. */
export async function render(strategy: Strategy, watch: (event: RunEvent, frame: number) => void): Promise<Outcome> {
  const sellers = realSellers();
  await using scheduler = new Scheduler({
    backends: strategy.backends(sellers),
    policy: strategy.policy,
    artifacts: [fileStore({ directory: `${FOLDER}/artifacts` })],
  });
  const frameOf = new Map<string, number>();
  scheduler.on("event", (event) => {
    const frame = frameOf.get(event.runId);
    if (frame !== undefined) watch(event, frame);
  });

  const group = await scheduler.schedule({ ...animation, verification: strategy.verification }, { parallelism: AT_ONCE });
  for (const [frame, run] of group.runs.entries()) frameOf.set(run.id, frame);

  const frames: Frame[] = [];
  const problems: string[] = [];
  for (const [number, { run, ...member }] of (await group.settledResults()).entries()) {
    if (member.status === "failed") {
      problems.push(`frame ${number}: ${member.error.message}`);
      continue;
    }
    const { winner, attempts } = member.result;
    const bytes = await member.result.output("frame.ppm").download();
    frames.push({ number, bytes, winner, attempts, decisions: await run.decisions() });
  }
  const { receipts } = await group.settled();
  return { frames, problems, receipts, openLeases: { ours: (await scheduler.leases()).length, sellers: openLeases(sellers) } };
}
