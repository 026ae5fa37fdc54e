/** Reads an environment variable; `undefined` when it is not set. */
export type Environment = (name: string) => string | undefined;

/**
 * The environment of this process. A backend is made before any scheduler, so there is no `Host` to ask yet: this is
 * the only place outside the system host that looks at the process, and only as a default that every factory of
 * `defineBackend` lets its caller replace.
 */
export const processEnvironment: Environment = (name) => process.env[name];
