import type { EngineContext } from "./engine-context.js";

/** Keeps what is believed of nodes up to date with what all processes on the store have observed. */
export class Observer {
  readonly #context: EngineContext;
  #cursor = 0;
  #reading: Promise<void> | undefined;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Reads what other processes, or this one, have observed since the last time. */
  learn(): Promise<void> {
    this.#reading ??= this.#read();
    return this.#reading;
  }

  async #read(): Promise<void> {
    const { store, logger } = this.#context.options;
    try {
      const { observations, cursor } = await store.observations(this.#cursor);
      this.#cursor = cursor;
      for (const observation of observations) this.#context.trust.record(observation);
    } catch (thrown) {
      logger.warn({ error: String(thrown) }, "Observations could not be read");
    } finally {
      this.#reading = undefined;
    }
  }
}
