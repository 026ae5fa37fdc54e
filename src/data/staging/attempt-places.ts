import type { OutputArtifact } from "../../model/artifact.js";

/** Checkpoints go to two places in turn, so that one which is cut short never replaces the last good one. */
const SLOTS = [0, 1] as const;

/** Where one attempt's objects lie. What a node may write is apart from what is ours, so that it can change nothing that was checked. */
export interface AttemptPlaces {
  /** Everything of the attempt is below it. Ends in `/`. */
  readonly prefix: string;
  /** Written by the node. */
  readonly manifest: string;
  /** Written by the node: declared output path -> object. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Written by the node, used in turn. */
  readonly slots: readonly { readonly archive: string; readonly record: string }[];
  /** The runner's job text, when it is too long for the environment. Holds URLs of this attempt only. */
  readonly job: string;
  /** The checkpoint that the attempt starts from, and what is known of it. */
  readonly restore: { readonly archive: string; readonly facts: string };
}

/** Names the places of an attempt below a workspace, whose URI ends in `/`. The same names in any process. */
export function attemptPlaces(workspace: string, runId: string, key: string, outputs: readonly string[] = []): AttemptPlaces {
  const prefix = `${workspace}${runId}/${key}/`;
  const node = `${prefix}node/`;
  return {
    prefix,
    manifest: `${node}manifest`,
    outputs: Object.fromEntries(outputs.map((path, index) => [path, `${node}output-${index}`])),
    slots: SLOTS.map((slot) => ({ archive: `${node}checkpoint-${slot}`, record: `${node}checkpoint-${slot}-record` })),
    job: `${prefix}job`,
    restore: { archive: `${prefix}restore`, facts: `${prefix}restore-facts` },
  };
}

/** Where a file of an output is kept once it is ours: apart for each declared output, under its own name. */
export function keptUri(prefix: string, index: number, output: Pick<OutputArtifact, "path" | "member" | "archive" | "encrypted">): string {
  return `${prefix}${index}/${encodedName(nameOf(output))}`;
}

/** The name of an output's file: below a declared directory its path there, else the last part of the declared path. */
export function nameOf({ path, member, archive, encrypted }: Pick<OutputArtifact, "path" | "member" | "archive" | "encrypted">): string {
  if (member !== "") return member;
  const last = path.split("/").findLast((part) => part !== "" && part !== ".") ?? "output";
  if (encrypted !== undefined) return `${last}${encrypted.holds === "tar" ? ".tar" : ""}.${encrypted.format}`;
  return archive === undefined ? last : `${last}.${archive.format}`;
}

const encodedName = (name: string): string => name.split("/").map(encodeURIComponent).join("/");
