/** By which a client knows its request again. */
export const REQUEST_ID_HEADER = "x-request-id";

/**
 * Requests whose answers a simulator holds back. Whoever wants to know whether anything is still on its way has to ask by request and not compare
 * numbers: a request that its client has given up is held here until that is noticed, and would stand for another one.
 */
export class HeldRequests {
  readonly #held = new Set<{ readonly id: string | undefined }>();

  get count(): number {
    return this.#held.size;
  }

  /** Their `x-request-id`, where they had one. */
  get ids(): readonly (string | undefined)[] {
    return [...this.#held].map(({ id }) => id);
  }

  /** Whether the answer to the request that came with this `x-request-id` is held back. */
  has(id: string): boolean {
    return this.ids.includes(id);
  }

  /** From now on, until the answer lets it go. `headers`: of HTTP, or the metadata of gRPC. */
  hold({ headers }: { readonly headers: Readonly<Record<string, unknown>> }): () => void {
    const id = headers[REQUEST_ID_HEADER];
    const entry = { id: typeof id === "string" ? id : undefined };
    this.#held.add(entry);
    return () => void this.#held.delete(entry);
  }
}
