const REDACTED = "[secret]";

/**
 * A resolved secret. Prints, serialises and inspects as `[secret]`; only {@link Secret.reveal} gives the value.
 * Made at bind, handed to one backend, never stored.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value. Call it as late as possible and do not keep the answer. */
  reveal(): string {
    return this.#value;
  }

  /** Never the value. */
  toString(): string {
    return REDACTED;
  }

  /** Never the value. */
  toJSON(): string {
    return REDACTED;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return REDACTED;
  }
}
