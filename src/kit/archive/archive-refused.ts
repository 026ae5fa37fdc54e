/**
 * Why an archive is not used.
 *
 * - `malformed`: no honest runner packs such a thing.
 * - `content`: it is what the command left behind that cannot be taken: links that lead out, pipes.
 * - `limit`: more than is read.
 */
export type ArchiveProblem = "malformed" | "content" | "limit";

/** An archive that is not used. Its message is the end of a sentence that begins with what the archive is of. */
export class ArchiveRefused extends Error {
  readonly problem: ArchiveProblem;

  constructor(problem: ArchiveProblem, message: string) {
    super(message);
    this.problem = problem;
  }
}
