/** Knows whether calls are under way. */
export interface UnderWay {
  /** Counts a call until it is answered. */
  readonly counted: <T>(work: () => Promise<T>) => Promise<T>;
  /** Resolves when none is, and none follows from those that were. Costs nothing while it waits. */
  readonly atRest: () => Promise<void>;
}

/** Makes a count. */
export function countUnderWay(): UnderWay {
  let count = 0;
  let onNone: (() => void) | undefined;
  return {
    async counted(work) {
      count++;
      try {
        return await work();
      } finally {
        count--;
        if (count === 0) onNone?.();
      }
    },
    async atRest() {
      do {
        if (count > 0) {
          await new Promise<void>((resolve) => {
            onNone = resolve;
          });
        }
        await new Promise((resolve) => setImmediate(resolve));
      } while (count > 0);
    },
  };
}
