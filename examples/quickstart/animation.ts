import { fileURLToPath } from "node:url";

/** How many frames the animation has, and how fast it plays. */
export const FRAMES = 24;
export const FRAMES_PER_SECOND = 12;

/** Everything the quickstart writes, below the folder in which it was started. */
export const FOLDER = ".quickstart";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/**
 * The work: one run for each frame. A real workload would name a container image; this one is a plain Node program, sent along as
 * an input.
 */
export const animation = {
  kind: "rendering",
  name: "three balls",
  frames: { from: 0, to: FRAMES - 1 },
  command: [process.execPath, "render-frame.mjs", "{frame}", String(FRAMES), "frame.ppm"],
  inputs: { "render-frame.mjs": here("render-frame.mjs"), "ray-tracer.mjs": here("ray-tracer.mjs") },
  outputs: { "frame.ppm": `${FOLDER}/frames/{frame:2}.ppm` },
  resources: { cpu: 0.25, memory: "128MiB", disk: "100MiB" },
  // Nothing secret in it: strangers may see it. Without this line it would be "internal" and stay away from them.
  data: "public",
  expectedDuration: "0.5s",
  timeout: "1m",
  // For all frames and all attempts together.
  maxCost: "$1",
} as const;
