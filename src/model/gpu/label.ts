import type { GpuRow } from "./table.js";

/** A label taken apart. */
export interface GpuLabel {
  /** Key into the table's `base`. */
  readonly base: string;
  readonly formFactor?: GpuRow["formFactor"];
  readonly memoryGiB?: number;
}

// Not inside a word: `a10g` is a model, `10g` a memory size.
const MEMORY = /(?<![a-z0-9])(\d{1,3})\s?g(?:i?b)?(?![a-z0-9])/g;
const FORM_FACTOR = /sxm\d?|nvl|pcie|hbm3e?/g;
const VENDOR_WORDS = /nvidia|amd|geforce|tesla|quadro|radeon|instinct|generation|edition|blackwell|mega|gpu/g;

/** Longest label looked at; the longest known one has 53 characters. */
const MAX_LENGTH = 200;

/** Lower case, letters and digits only. */
export const squeeze = (label: string): string =>
  label
    .slice(0, MAX_LENGTH)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "");

/** Step 2 of normalising: takes memory and form factor out of a label and reduces the rest to its base. */
export function readGpuLabel(label: string): GpuLabel {
  let text = label.slice(0, MAX_LENGTH).toLowerCase();
  let memoryGiB: number | undefined;
  text = text.replace(MEMORY, (_, size: string) => {
    memoryGiB ??= Number(size);
    return " ";
  });
  let formFactor: GpuRow["formFactor"] | undefined;
  let stacked = false;
  text = text.replace(FORM_FACTOR, (token) => {
    if (token.startsWith("hbm")) stacked = true;
    else formFactor ??= token.startsWith("sxm") ? "sxm" : token === "nvl" ? "nvl" : "pcie";
    return " ";
  });
  // Only the SXM boards of these models are named by their HBM3 memory.
  if (stacked) formFactor ??= "sxm";
  return {
    base: rename(squeeze(text.replace(VENDOR_WORDS, " ").replaceAll("super", "s"))),
    ...(formFactor ? { formFactor } : {}),
    ...(memoryGiB === undefined ? {} : { memoryGiB }),
  };
}

/** Professional cards are written with and without their product line. */
function rename(base: string): string {
  if (/^rtxa\d{4}$/.test(base)) return base.slice(3);
  const pro = /^pro(\d{4})(se|we|mq)?$/.exec(base);
  return pro ? `rtxpro${pro[1]}${pro[2] === "mq" ? "maxq" : ""}` : base;
}
