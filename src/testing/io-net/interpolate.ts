/**
 * What the deployment layer makes of a text in `entrypoint` or `args`: dollar-brace-NAME becomes a value of the environment, or nothing; a doubled
 * dollar becomes one; any other dollar stays.
 */
export function interpolate(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\{([^}]*)\}/g, (found, name: string | undefined) => (found === "$$" ? "$" : (env[name ?? ""] ?? "")));
}
