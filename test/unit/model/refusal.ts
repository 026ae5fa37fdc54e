import { SchedulerError } from "../../../src/model/errors/scheduler-error.js";

/** The coded error that a call throws. Anything else it does fails the test. */
export function refusal(call: () => unknown): SchedulerError {
  try {
    call();
  } catch (thrown) {
    if (SchedulerError.isInstance(thrown)) return thrown;
    throw thrown;
  }
  throw new Error("expected a SchedulerError, but nothing was thrown");
}

/** The coded error that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<SchedulerError> {
  const outcome = await promise.then(
    () => undefined,
    (thrown: unknown) => ({ thrown }),
  );
  return refusal(() => {
    if (outcome) throw outcome.thrown;
  });
}
