import * as z from "zod";
import { kindOf } from "../quote.js";
import { bad, good, type Reading } from "../reading.js";
import { reading, readText, recordOf, strict, wholeIn } from "./schema.js";

/** Most runs that one fan-out may become. */
export const MAX_MEMBERS = 100_000;

/** Fields that make one workload several runs. */
export const FAN_KEYS = ["shards", "frames", "sweep", "seeds"] as const;
export type FanKey = (typeof FAN_KEYS)[number];

/** A range of frames, both ends included. */
export interface FrameRange {
  readonly from: number;
  readonly to: number;
  /** Default 1. */
  readonly step?: number;
}

/** A list of seeds, or a number n for the seeds 0 to n - 1. */
export type SeedsInput = number | readonly number[];

/** Parameter -> its values. */
export type SweepInput = Readonly<Record<string, readonly (string | number)[]>>;

const MAX_PARAMETERS = 16;

/** Names that placeholders of other axes have. */
const TAKEN = new Set(["index", "frame", "seed", "shard", "shards"]);

const integer = () => wholeIn(-1_000_000_000, 1_000_000_000);

const frames = strict({ from: integer(), to: integer(), step: wholeIn(1, 1_000_000_000).exactOptional() }).refine(
  ({ from, to }) => from <= to,
  { error: "ends before it starts; `from` must not be larger than `to`" },
);

const seedCount = wholeIn(1, Number.MAX_SAFE_INTEGER);
const seedList = z.array(wholeIn(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)).min(1);

const seeds = reading((value): Reading<number | readonly number[]> => {
  if (!Array.isArray(value)) {
    const count = seedCount.safeParse(value);
    return count.success ? good(count.data) : bad(`must be a whole number of at least 1, or a list of seeds, not ${kindOf(value)}`);
  }
  const list = seedList.safeParse(value);
  if (!list.success) return bad("must be whole numbers, at least one of them");
  return repeated(list.data) ? bad("names a seed twice") : good(list.data);
});

const sweepValues = reading((value): Reading<readonly (string | number)[]> => {
  if (!Array.isArray(value)) return bad(`must be a list of values, not ${kindOf(value)}`);
  if (value.length === 0) return bad("needs at least one value");
  for (const [index, item] of value.entries()) {
    const judged = typeof item === "number" ? good("") : readText(item, { max: 1_024, empty: true });
    if (!judged.ok) return bad(`has a value that cannot be used: number ${index + 1} ${judged.problem}`);
  }
  return repeated(value) ? bad("names a value twice") : good(value as (string | number)[]);
});

const parameter = (key: string): Reading<string> => {
  if (TAKEN.has(key)) return bad("is the name of another placeholder; choose another name");
  return readText(key, { max: 64, pattern: /^[A-Za-z_][A-Za-z0-9_-]*$/, problem: "is not a name (letters, digits, _ and -)" });
};

function repeated(value: unknown): boolean {
  return Array.isArray(value) && new Set(value.map(String)).size < value.length;
}

export const fanShape = {
  shards: wholeIn(1, Number.MAX_SAFE_INTEGER).exactOptional(),
  frames: frames.exactOptional(),
  seeds: seeds.exactOptional(),
  sweep: recordOf(parameter, sweepValues, MAX_PARAMETERS)
    .refine((parameters) => Object.keys(parameters).length > 0, { error: "needs at least one parameter" })
    .exactOptional(),
};

const fanObject = z.object(fanShape);
export type FanParsed = z.output<typeof fanObject>;
