/** The schema of what every kind of workload may hold; see `common-input.ts` for what the fields mean. */

import * as z from "zod";
import { looksLikeInstant, readInstantMs } from "../civil-time.js";
import { readUsd } from "../money.js";
import { bad, good, type Reading } from "../reading.js";
import { readDurationMs } from "../units.js";
import { data, near } from "./data-schema.js";
import { checkpoint, duration, inputs, outputs } from "./files-schema.js";
import { isPlainJson } from "./json-value.js";
import { Moment } from "./plain-data.js";
import { resources } from "./resources-schema.js";
import { flag, numberIn, oneOf, reading, readText, recordOf, shorthand, strict, text, wholeIn } from "./schema.js";

const MAX_ARGUMENTS = 4_096;
const MAX_ARGUMENT = 131_072; // the longest single argument Linux starts a process with
const MAX_LABELS = 64;
const MAX_VARIABLES = 1_000;

export const name = text({ max: 128 });

const command = reading((value): Reading<readonly string[]> => {
  if (typeof value === "string") return bad('must be a list of arguments, such as ["python", "train.py"]; no shell takes it apart');
  if (!Array.isArray(value))
    return bad(value === undefined ? 'is missing; write for instance ["python", "train.py"]' : "must be a list of arguments");
  if (value.length === 0) return bad('must not be empty; write for instance ["python", "train.py"]');
  if (value.length > MAX_ARGUMENTS) return bad(`has more than ${MAX_ARGUMENTS} arguments`);
  for (const [index, argument] of value.entries()) {
    const judged = readText(argument, { max: MAX_ARGUMENT, multiline: true, empty: index > 0 });
    if (!judged.ok) return bad(`has an argument that cannot be used: number ${index + 1} ${judged.problem}`);
  }
  return good(value as string[]);
});

const variableName = (key: string): Reading<string> =>
  readText(key, {
    max: 256,
    pattern: /^[A-Za-z_][A-Za-z0-9_]*$/,
    problem: "is not a name of an environment variable (letters, digits and _)",
  });

const variableValue = reading(
  (value): Reading<string> =>
    Number.isFinite(value) || typeof value === "boolean"
      ? good(String(value))
      : readText(value, { max: MAX_ARGUMENT, multiline: true, empty: true }),
);

/** A reference names its resolver; a bare word is most likely the secret itself, which must not get any further. */
const secretReference = text({
  max: 1_024,
  pattern: /^[A-Za-z][A-Za-z0-9+.-]*:./,
  problem: "must be a reference such as `env:HF_TOKEN`, not the secret itself",
});

const deadline = reading((value): Reading<{ afterMs: number } | { atMs: number }> => {
  if (value instanceof Moment) return good({ atMs: value.ms });
  if (typeof value === "string" && looksLikeInstant(value)) {
    const instant = readInstantMs(value);
    return instant.ok ? good({ atMs: instant.value }) : instant;
  }
  const after = readDurationMs(value);
  return after.ok ? good({ afterMs: after.value }) : bad(`${after.problem}; or a time such as "2026-11-24T18:00:00Z"`);
});

const verificationKinds = {
  none: strict({ kind: z.literal("none") }),
  quorum: strict({
    kind: z.literal("quorum"),
    maxErrorProbability: numberIn(0, 0.5, { exclusive: true }).exactOptional(),
    maxReplicas: wholeIn(2, 99).exactOptional(),
  }),
  custom: strict({
    kind: z.literal("custom"),
    name,
    options: z.unknown().refine(isPlainJson, { error: "must be plain JSON" }).exactOptional(),
  }),
};

const verification = z.preprocess(
  shorthand("kind"),
  z.looseObject({ kind: oneOf(["none", "quorum", "custom"]) }).transform((value, context) => {
    const parsed = verificationKinds[value.kind].safeParse(value);
    if (parsed.success) return parsed.data;
    for (const issue of parsed.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  }),
);

const money = reading(readUsd);

const cap = reading((value): Reading<bigint> => {
  const usd = readUsd(value);
  return usd.ok && usd.value === 0n ? bad("must be more than nothing; leave it out to have no cap of its own") : usd;
});

const labelName = (key: string): Reading<string> =>
  readText(key, { max: 63, pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]*$/, problem: "is not a name of a label (letters, digits, . _ / -)" });

const backendKind = (key: string): Reading<string> =>
  readText(key, { max: 63, pattern: /^[a-z][a-z0-9-]*$/, problem: "is not a kind of backend, such as `aws-batch`" });

export const commonShape = {
  name: name.exactOptional(),
  image: text({
    max: 512,
    pattern: /^[A-Za-z0-9][^\s]*$/,
    problem: "is not an image reference, such as `ghcr.io/acme/embed:1.4`",
  }).exactOptional(),
  command,
  env: recordOf(variableName, variableValue, MAX_VARIABLES).exactOptional(),
  secrets: recordOf(variableName, secretReference, MAX_VARIABLES).exactOptional(),
  secretsTo: oneOf(["trusted", "any"]).exactOptional(),
  registry: strict({ server: text({ max: 256 }), username: text({ max: 256 }), password: secretReference }).exactOptional(),
  resources: resources.exactOptional(),
  inputs: inputs.exactOptional(),
  outputs: outputs.exactOptional(),
  data: data.exactOptional(),
  expectedDuration: duration.exactOptional(),
  timeout: duration.exactOptional(),
  deadline: deadline.exactOptional(),
  startWithin: duration.exactOptional(),
  latency: oneOf(["interactive", "batch"]).exactOptional(),
  near: near.exactOptional(),
  interruptible: flag().exactOptional(),
  checkpoint: checkpoint.exactOptional(),
  maxCost: cap.exactOptional(),
  valueAtRisk: money.exactOptional(),
  priority: numberIn(-1_000, 1_000).exactOptional(),
  tenant: text({ max: 128 }).exactOptional(),
  verification: verification.exactOptional(),
  labels: recordOf(labelName, text({ max: 256, empty: true }), MAX_LABELS).exactOptional(),
  backendOptions: recordOf(backendKind, z.unknown().refine(isPlainJson, { error: "must be plain JSON" }), 32).exactOptional(),
  nodes: wholeIn(1, 100_000).exactOptional(),
};

const commonObject = z.object(commonShape);

/** What the common part looks like once read: units resolved, defaults still open. */
export type CommonParsed = z.output<typeof commonObject>;
