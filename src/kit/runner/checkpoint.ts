import * as z from "zod";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { decodeUtf8 } from "../../model/utf8.js";

/** Longest checkpoint record that is read, bytes. A real one has about 300. */
export const MAX_RECORD_BYTES = 4_096;

/** What the runner writes beside each checkpoint, once the checkpoint itself is stored. A claim like the manifest. */
export interface CheckpointRecord {
  readonly version: 1;
  readonly nonce: string;
  /** Counts from 1 within a container; higher is later. */
  readonly sequence: number;
  /** Of the archive in the slot to which the record belongs. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** By the node's clock. */
  readonly writtenAtMs: number;
}

const schema = z.strictObject({
  version: z.literal(1),
  nonce: z.string(),
  sequence: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().min(0),
  writtenAtMs: z.int().min(0),
});

/**
 * Reads a checkpoint record strictly.
 *
 * @throws STAGING_FAILED when it is too long, not JSON, of another form or of another attempt.
 */
export function parseCheckpointRecord(bytes: Uint8Array, nonce: string): CheckpointRecord {
  if (bytes.byteLength > MAX_RECORD_BYTES) throw refused(`has ${bytes.byteLength} bytes, more than the ${MAX_RECORD_BYTES} allowed`);
  let value: unknown;
  try {
    value = JSON.parse(decodeUtf8(bytes) ?? "");
  } catch {
    throw refused("is not JSON");
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw refused(`has a wrong form at ${parsed.error.issues[0]?.path.join(".") || "its top"}`);
  if (parsed.data.nonce !== nonce) throw refused("belongs to another attempt");
  return parsed.data;
}

/** A slot as it was found. */
export interface FoundCheckpoint {
  readonly record: CheckpointRecord;
  /** What the artifact store says of the slot's object; absent: there is none. Give the digest whenever it is known. */
  readonly stored?: { readonly size: number; readonly sha256?: string };
}

/**
 * The latest checkpoint whose object is the one that its record speaks of. A slot may be caught between the writing of its object and of its
 * record, and then does not count; with two slots or more the one before is still whole. Nothing when there is none.
 *
 * Where the store knows no digests only sizes are compared here: check the digest when the object is copied or fetched.
 */
export function latestGoodCheckpoint<C extends FoundCheckpoint>(slots: readonly C[]): C | undefined {
  return slots
    .filter(isWhole)
    .reduce<C | undefined>((best, slot) => (best && best.record.sequence >= slot.record.sequence ? best : slot), undefined);
}

function isWhole({ record, stored }: FoundCheckpoint): boolean {
  return stored !== undefined && stored.size === record.size && (stored.sha256 === undefined || stored.sha256 === record.sha256);
}

function refused(what: string): SchedulerError {
  return new SchedulerError("STAGING_FAILED", `The checkpoint record of the node ${what}; it is not used.`, {
    details: { checkpoint: true },
  });
}
