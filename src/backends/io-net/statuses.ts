/** What a deployment's status means for us. `unknown` is never an end: it is asked for again. */
export type DeploymentStage = "requested" | "running" | "failed" | "ending" | "over" | "consumed" | "unknown";

/**
 * Words seen in the published list, in the wider internal one, and in a client that reads live data. The answers' field is open text, and its case
 * differs.
 */
const STAGES: Readonly<Record<string, DeploymentStage>> = {
  "deployment requested": "requested",
  deploying: "requested",
  pending: "requested",
  unpaid: "requested",
  running: "running",
  failed: "failed",
  error: "failed",
  "termination requested": "ending",
  destroyed: "over",
  terminated: "over",
  stopped: "over",
  completed: "consumed",
};

/** Reads a status. */
export function stageOf(status: string): DeploymentStage {
  const word = status
    .trim()
    .toLowerCase()
    .replace(/[_\s]+/g, " ");
  return (Object.hasOwn(STAGES, word) ? STAGES[word] : undefined) ?? "unknown";
}

/** Nothing is billed any more, and nothing will be. */
export const isOver = (stage: DeploymentStage): boolean => stage === "over" || stage === "consumed" || stage === "failed";
