import type { SeededRandom } from "./seeded-random.js";

/** A number, or `[least, most]` to draw from uniformly. */
export type Range = number | readonly [least: number, most: number];

/** One number of the range. Takes one draw in either form, so that fixing a number does not shift what follows. */
export function within(range: Range, random: SeededRandom): number {
  const draw = random.next();
  return typeof range === "number" ? range : range[0] + draw * (range[1] - range[0]);
}
