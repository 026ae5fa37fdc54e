import * as z from "zod";
import type { ResultManifest } from "../../model/artifact.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { decodeUtf8 } from "../../model/utf8.js";

/**
 * Longest manifest that is read, bytes. 1,000 outputs, the most a workload may have, of 1,024 characters each fit, unless nearly all
 * of those are outside ASCII.
 */
export const MAX_MANIFEST_BYTES = 2 * 1_024 * 1_024;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const whole = z.int().min(0);

const schema = z.strictObject({
  version: z.literal(1),
  nonce: z.string(),
  exitCode: z.int().min(0).max(255),
  startedAtMs: whole.exactOptional(),
  endedAtMs: whole.exactOptional(),
  outputs: z.array(
    z.strictObject({
      path: z.string(),
      member: z.literal(""),
      sha256,
      size: whole,
      archive: z.strictObject({ format: z.literal("tar"), treeSha256: sha256 }).exactOptional(),
      encrypted: z.strictObject({ format: z.literal("age"), holds: z.enum(["file", "tar"]) }).exactOptional(),
    }),
  ),
  failure: z
    .strictObject({ stage: z.enum(["setup", "fetch", "digest", "output", "upload"]), message: z.string().max(4_096) })
    .exactOptional(),
  ended: z.enum(["timeout", "signal"]).exactOptional(),
});

/** What a manifest has to agree with. */
export interface ExpectedManifest {
  /** Nonce of the attempt, see {@link runnerNonce}. */
  readonly nonce: string;
  /** Declared output path -> URI of the object that its presigned PUT writes. The node knows paths only; this gives its claims a place. */
  readonly places: Readonly<Record<string, string>>;
}

/**
 * Reads a runner's manifest strictly: it is the word of a stranger's machine. Digests in it are claims, to be compared with the
 * stored objects before anything is accepted.
 *
 * @throws STAGING_FAILED when it is too long, not JSON, of another form, of another attempt, or names an output that was not declared or
 * names one twice. The message never shows foreign text.
 */
export function parseManifest(bytes: Uint8Array, expected: ExpectedManifest): ResultManifest {
  if (bytes.byteLength > MAX_MANIFEST_BYTES) throw refused(`has ${bytes.byteLength} bytes, more than the ${MAX_MANIFEST_BYTES} allowed`);
  const text = decodeUtf8(bytes);
  if (text === undefined) throw refused("is not UTF-8");
  return checkManifest(parseJson(text), expected);
}

/**
 * Finds the manifest that a runner printed, in a log, for platforms where nothing else can be read. Prefixes put before lines
 * by the platform do no harm. The last whole one of the attempt counts; lines that were cut or forged are passed over. Nothing when there is none.
 */
export function manifestFromLog(text: string, expected: ExpectedManifest): ResultManifest | undefined {
  const mark = `${MANIFEST_MARK} ${expected.nonce} `;
  for (let at = text.lastIndexOf(mark); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(mark, at - 1)) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at + mark.length, end < 0 ? undefined : end).trim();
    if (line.length > MAX_MANIFEST_BYTES) continue;
    try {
      return checkManifest(parseJson(line), expected);
    } catch (error) {
      if (!SchedulerError.isInstance(error)) throw error;
    }
  }
  return undefined;
}

/** What the line begins with that the runner prints: this word, the nonce, the manifest as JSON. */
export const MANIFEST_MARK = "spillway-manifest";

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused("is not JSON");
  }
}

/** The part of {@link parseManifest} that comes after the bytes. Internal to kit/runner. */
export function checkManifest(value: unknown, expected: ExpectedManifest): ResultManifest {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw refused(`has a wrong form at ${parsed.error.issues[0]?.path.join(".") || "its top"}`);
  const { outputs, ...rest } = parsed.data;
  if (rest.nonce !== expected.nonce) throw refused("belongs to another attempt");
  const seen = new Set<string>();
  return {
    ...rest,
    outputs: outputs.map((output) => {
      const uri = Object.hasOwn(expected.places, output.path) ? expected.places[output.path] : undefined;
      if (uri === undefined) throw refused("names an output that the workload does not declare");
      if (seen.has(output.path)) throw refused(`names the output ${output.path} twice`);
      seen.add(output.path);
      return { ...output, uri };
    }),
  };
}

function refused(what: string): SchedulerError {
  return new SchedulerError("STAGING_FAILED", `The result manifest of the node ${what}; it is not used.`, { details: { manifest: true } });
}
