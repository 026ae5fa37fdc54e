/**
 * What Kubernetes makes of a text in `command`, `args` or the value of a variable: `$(NAME)` becomes the variable if there is one and stays as it is
 * otherwise, `$$` becomes `$`, and any other `$` is itself.
 */
export function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, rest: string, name: string | undefined) =>
    rest === "$" ? "$" : (variables.get(name ?? "") ?? whole),
  );
}

/** Variables in the order in which they are set: each may use those before it. */
export function expandVariables(pairs: readonly (readonly [string, string])[]): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value] of pairs) variables.set(name, expand(value, variables));
  return variables;
}
