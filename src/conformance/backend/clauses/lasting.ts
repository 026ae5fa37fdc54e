import type { BackendTrial } from "../trial.js";

const DAY_MS = 86_400_000;

/** A launch that lasts longer than any case. */
export const lasting = ({ setup }: BackendTrial): readonly string[] => setup.launches.sleep(DAY_MS);
