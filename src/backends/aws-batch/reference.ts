import { z } from "zod";
import type { LeaseRef } from "../../model/lease.js";

const schema = z.object({
  /** The job. */
  jobId: z.string().min(1),
  /** Name of its queue. */
  queue: z.string().min(1),
  /** Further jobs of the same name, which two processes made at once. Ended with the first. */
  duplicates: z.array(z.string()).optional(),
});

/** `LeaseRef.data` of this backend. */
export type JobReference = z.output<typeof schema>;

/** Makes a reference. */
export function referTo(backend: string, key: string, { jobId, queue, duplicates = [] }: JobReference): LeaseRef {
  return { backend, key, data: { jobId, queue, ...(duplicates.length === 0 ? {} : { duplicates }) } };
}

/** What a reference says, or nothing when it is none of ours. */
export function readReference(ref: LeaseRef): JobReference | undefined {
  return schema.safeParse(ref.data).data;
}
