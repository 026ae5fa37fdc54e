type OptionalKeys<T> = { [K in keyof T]: undefined extends T[K] ? K : never }[keyof T];

/** {@link omitUndefined}'s answer: what may be undefined became optional. */
export type WithoutUndefined<T> = Omit<T, OptionalKeys<T>> & { [K in OptionalKeys<T>]?: Exclude<T[K], undefined> };

/**
 * The object without the keys whose value is `undefined`. The contract's optional fields may be absent but not
 * undefined (`exactOptionalPropertyTypes`), and answers of services are full of fields that may be missing.
 *
 * @example
 * return omitUndefined({ kind: "status", phase, exitCode: job.exit_code, startedAtMs: job.started_at });
 */
export function omitUndefined<const T extends object>(object: T): WithoutUndefined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as WithoutUndefined<T>;
}
