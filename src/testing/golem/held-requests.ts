import type { IncomingMessage, ServerResponse } from "node:http";

/** Requests whose answer a fault holds back. */
export class HeldRequests {
  readonly #held = new Map<ServerResponse, string>();

  get count(): number {
    return this.#held.size;
  }

  /** Their `x-request-id`, empty where there was none. */
  get ids(): readonly string[] {
    return [...this.#held.values()];
  }

  /** Counts a request until it is let go or its connection ends, which it may have done already. */
  hold({ headers }: IncomingMessage, response: ServerResponse): () => void {
    const letGo = (): void => void this.#held.delete(response);
    if (response.destroyed) return letGo;
    const id = headers["x-request-id"];
    this.#held.set(response, typeof id === "string" ? id : "");
    response.once("close", letGo);
    return letGo;
  }
}
