import type { SingleWorkloadInput } from "spillway";

export const IMAGE = "docker.io/library/debian:12";
/** Where the files of a job lie in the image. Golem moves files only to and from places that the image declares. */
export const VOLUME = "/golem/work";

/** The output of a job. */
export const OUTPUT = `${VOLUME}/sorted`;

/** One of a hundred small jobs: sort the words of one file. Real work on real bytes, though it takes a moment only. */
export interface Job {
  readonly name: string;
  /** What it asks for, in a word. */
  readonly sort: "open" | "gpu" | "internal" | "personal";
  /** Where its input lies in the bucket. */
  readonly key: string;
  readonly words: string;
  /** What has to come out. */
  readonly expected: string;
}

const STEMS = ["lease", "offer", "bid", "node", "ledger", "receipt", "policy", "market", "attempt", "digest", "budget", "deadline"];

/** `count` jobs, each with its own words: half of them anybody may run, a quarter wants a GPU, the rest must not leave trusted hands. */
export function makeJobs(count: number): readonly Job[] {
  return Array.from({ length: count }, (_, number) => {
    const name = `job-${String(number).padStart(3, "0")}`;
    const lines = STEMS.map((stem, place) => `${stem}-${(number * 7 + place * 5) % 12}-${name}`);
    return {
      name,
      sort: sortOf(number),
      key: `in/${name}`,
      words: `${lines.join("\n")}\n`,
      expected: `${lines.toSorted(byCodePoint).join("\n")}\n`,
    };
  });
}

/** The job as a workload. It says it takes ten minutes, as it would on files of a sensible size, so prices and deadlines are those of real work. */
export function workloadOf({ sort, key, name }: Job, bucket: string): SingleWorkloadInput {
  return {
    image: IMAGE,
    // Relative, since a simulated machine has no root of its own and starts commands where it would be.
    command: ["sh", "-c", `cd .${VOLUME} && LC_ALL=C sort words > sorted`],
    resources:
      sort === "gpu" ? { cpu: 1, memory: "2GiB", disk: "1GiB", gpu: { model: "RTX 4090" } } : { cpu: 1, memory: "2GiB", disk: "1GiB" },
    inputs: { [`${VOLUME}/words`]: `s3://${bucket}/${key}` },
    outputs: { [OUTPUT]: `s3://${bucket}/out/${name}` },
    data: DATA[sort],
    expectedDuration: "10m",
    timeout: "30m",
    labels: { sort },
  };
}

const DATA = { open: "public", gpu: "public", internal: "internal", personal: "personal" } as const;

function sortOf(number: number): Job["sort"] {
  if (number % 4 === 1) return "gpu";
  if (number % 4 !== 3) return "open";
  return number % 8 === 3 ? "internal" : "personal";
}

const byCodePoint = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
