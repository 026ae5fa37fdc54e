import { Moment } from "./plain-data.js";

/** Where copied input is not plain JSON: a Date, which would come back as text from the store. */
export function isPlainJson(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (value instanceof Moment) return false;
  return Object.values(value).every(isPlainJson);
}
