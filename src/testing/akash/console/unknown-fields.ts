/** Objects whose keys are names of things, and not fields. */
const MAPS = ["services", "forwarded_ports", "ips", "details"];

/** Adds a field that nobody has heard of to every object of an answer. */
export function withUnknownFields(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((one) => withUnknownFields(one));
  if (typeof value !== "object" || value === null) return value;
  const known = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withUnknownFields(one, name)]));
  return MAPS.includes(key) ? known : { ...known, addedByLaterRelease: { note: "ignore me" } };
}
