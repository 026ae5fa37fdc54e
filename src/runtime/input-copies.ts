import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { InputRequest } from "../model/workload.js";
import type { TransferOptions } from "../spec/artifact-store.js";
import type { ArtifactRegistry } from "./artifact-registry.js";

/** Makes the copies of inputs that were decided on at acceptance, before they are first needed. Each is made once, also when several attempts ask at once. */
export class InputCopies {
  readonly #artifacts: ArtifactRegistry;
  readonly #underway = new Map<string, Promise<void>>();

  constructor(artifacts: ArtifactRegistry) {
    this.#artifacts = artifacts;
  }

  /**
   * Sees to it that the copy is there. Idempotent: its name is its digest, so that a copy which another run or process made serves as well.
   *
   * @throws INPUT_DIGEST_MISMATCH when the bytes have changed since acceptance; ARTIFACT_NOT_FOUND when they are gone.
   */
  ensure(path: string, input: InputRequest, options: TransferOptions): Promise<void> {
    const { stagedUri } = input;
    if (stagedUri === undefined) return Promise.resolve();
    let copying = this.#underway.get(stagedUri);
    if (copying === undefined) {
      copying = this.#copy(path, input, stagedUri, options).finally(() => this.#underway.delete(stagedUri));
      this.#underway.set(stagedUri, copying);
    }
    return copying;
  }

  async #copy(path: string, { uri, sha256, size }: InputRequest, to: string, options: TransferOptions): Promise<void> {
    const target = this.#artifacts.storeFor(to);
    const there = await target.stat(to, options);
    if (there !== undefined && (size === undefined || there.size === size)) return;
    const source = this.#artifacts.storeFor(uri);
    const stream = await source.read(uri, { ...options, ...(sha256 === undefined ? {} : { sha256 }) });
    const stored = await target.put(to, { stream }, options);
    if (stored.sha256 === sha256) return;
    // What is there under this name must be what the name says.
    await target.remove(to, options);
    throw new SchedulerError("INPUT_DIGEST_MISMATCH", `The input ${path} has changed since the workload was accepted.`, {
      effect: "none",
      details: { field: `inputs.${path}` },
    });
  }
}
