import { type Run, Scheduler, toUsd } from "spillway";
import { createVirtualHost, memoryArtifacts } from "spillway/testing";
import { SEED, simulatedSellers } from "./sellers.js";
import type { Strategy } from "./strategies.js";

/** The film of the simulated part. */
export const FILM = { frames: 120, minutesPerFrame: 10, atOnce: 4 } as const;

const HOUR_MS = 3_600_000;

/** What a strategy made of the film. */
export interface FilmOutcome {
  readonly strategy: Strategy;
  readonly right: number;
  readonly wrong: number;
  readonly failed: number;
  readonly lostAttempts: number;
  readonly spentUsd: number;
  readonly hours: number;
}

/** What a right frame of the film holds: a stand-in for the picture. */
const content = (frame: string): string => `frame ${frame}`;

/**
 * SIMULATES a strategy: the same scheduler and the same markets as in the real part, but in virtual time, and jobs only take time.
 * Hours pass in a moment, nothing depends on how fast this machine is, and the same seed gives the same bill.
 */
export async function simulate(strategy: Strategy): Promise<FilmOutcome> {
  const host = createVirtualHost({ seed: SEED });
  const limit = { limitMs: 24 * 7 * HOUR_MS };
  const sellers = simulatedSellers(({ env }) => ({
    durationMs: FILM.minutesPerFrame * 60_000,
    outputs: { "frame.ppm": content(env["FRAME"] ?? "") },
  }));
  const scheduler = new Scheduler({
    backends: strategy.backends(sellers),
    policy: strategy.policy,
    artifacts: [memoryArtifacts()],
    host,
  });
  const group = await host.waitFor(
    scheduler.schedule(
      {
        kind: "rendering",
        frames: { from: 0, to: FILM.frames - 1 },
        command: ["render", "{frame}"],
        env: { FRAME: "{frame}" },
        outputs: { "frame.ppm": {} },
        resources: { cpu: 1, memory: "1GiB", disk: "1GiB" },
        data: "public",
        expectedDuration: `${FILM.minutesPerFrame}m`,
        verification: strategy.verification,
      },
      { parallelism: FILM.atOnce },
    ),
    limit,
  );
  const { charged } = await host.waitFor(group.settled(), limit);
  const hours = host.elapsedMs / HOUR_MS;
  const judged = await host.waitFor(Promise.all(group.runs.map(judge)), limit);
  const attempts = (await Promise.all(group.runs.map((run) => run.attempts()))).flat();
  await host.waitFor(scheduler.close(), limit);
  const count = (verdict: string): number => judged.filter((each) => each === verdict).length;
  return {
    strategy,
    right: count("right"),
    wrong: count("wrong"),
    failed: count("failed"),
    lostAttempts: attempts.filter(({ outcome }) => outcome === "lost").length,
    spentUsd: toUsd(charged),
    hours,
  };
}

async function judge(run: Run, frame: number): Promise<"right" | "wrong" | "failed"> {
  if ((await run.status()) !== "succeeded") return "failed";
  const bytes = await (await run.result()).output("frame.ppm").download();
  return new TextDecoder().decode(bytes) === content(String(frame)) ? "right" : "wrong";
}
