import { SchedulerError } from "../../model/errors/scheduler-error.js";

/** The same error with the effect raised to `unknown`: something before it in the same call did have an effect. */
export function afterEffect(error: SchedulerError): SchedulerError {
  if (error.effect !== "none") return error;
  return new SchedulerError(error.code, `${error.message} An earlier request of the same call was carried out.`, {
    retry: error.retry,
    effect: "unknown",
    details: error.details,
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  });
}
