import * as z from "zod";
import type { KindSpec } from "../kinds/kind-spec.js";
import { kindOf } from "../quote.js";
import { WORKLOAD_KINDS, type WorkloadKind } from "../workload.js";
import { commonShape } from "./common-schema.js";
import { FAN_KEYS, fanShape } from "./fan-schema.js";
import { ROOT, refuse, suggestion } from "./problem.js";
import { oneOf, strict } from "./schema.js";

/** Fields of parts of a workload, and words of other tools, with where they belong here. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ...["cpu", "memory", "disk", "gpu", "arch"].map((key) => [key, `resources.${key}`] as const),
  ...["sensitivity", "residency", "certifications", "agreements", "tee", "transferBasis"].map((key) => [key, `data.${key}`] as const),
  ["gpus", "resources.gpu"],
  ["args", "command"],
  ["argv", "command"],
  ["cmd", "command"],
  ["entrypoint", "command"],
  ["container", "image"],
  ["dockerImage", "image"],
  ["environment", "env"],
  ["budget", "maxCost"],
  ["maxPrice", "maxCost"],
  ["duration", "expectedDuration"],
  ["tags", "labels"],
  ["region", "near"],
  ["spot", "interruptible"],
  ["preemptible", "interruptible"],
]);

const kindField = oneOf(WORKLOAD_KINDS);

/** The top level of one kind: the common fields and its ways of fanning out. Fields of its task are parsed apart. */
export function topLevelSchema(spec: KindSpec, all: readonly KindSpec[]) {
  const fields = [...Object.keys(commonShape), ...Object.keys(spec.task), ...spec.fan, "kind"];
  const elsewhere = (key: string): string => {
    const place = ELSEWHERE.get(key);
    if (place) return `is not a field of the top level; did you mean \`${place}\`?`;
    const owner = all.find(({ task }) => Object.hasOwn(task, key));
    if (owner) return `is not a field of the kind ${spec.kind}; the kind ${owner.kind} has it`;
    return `is not a known field${suggestion(key, fields) || "; the guide to workloads lists all of them"}`;
  };
  return strict({ ...commonShape, ...fanShape, kind: kindField.exactOptional() }, elsewhere).superRefine((parsed, context) => {
    for (const key of FAN_KEYS) {
      if (parsed[key] === undefined || spec.fan.includes(key)) continue;
      const owners = all.filter(({ fan }) => fan.includes(key)).map(({ kind }) => kind);
      context.addIssue({
        code: "custom",
        path: [key],
        message: `is not a field of the kind ${spec.kind}; use the kind ${owners.join(" or ")}`,
      });
    }
  });
}

const ANY_MEMBERS = z.record(z.string(), z.unknown());

/** Tells the kind of copied input, `batch` where it names none. */
export function readKind(value: unknown): { readonly kind: WorkloadKind; readonly members: Readonly<Record<string, unknown>> } {
  const members = ANY_MEMBERS.safeParse(value);
  if (!members.success) {
    refuse([{ field: ROOT, message: `must be an object such as { image: "alpine", command: ["date"] }, not ${kindOf(value)}` }]);
    return { kind: "batch", members: {} };
  }
  const written = members.data["kind"];
  const kind = WORKLOAD_KINDS.find((known) => known === (written ?? "batch"));
  if (!kind) {
    const guess = typeof written === "string" ? suggestion(written, WORKLOAD_KINDS) : "";
    refuse([{ field: "kind", message: `must be one of ${WORKLOAD_KINDS.join(", ")}${guess}` }]);
  }
  return { kind: kind ?? "batch", members: members.data };
}
