import { GPU_ALIASES, type GpuDialect } from "./aliases.js";
import { readGpuLabel, squeeze } from "./label.js";
import { GPU_ROWS, type GpuRow } from "./table.js";

/** Systems report less memory than a device nominally has (81,559 MiB of 80 GiB, 22,888 MiB of 24 GiB). */
export const GPU_MEMORY_TOLERANCE = 0.07;

/** What is known about a label besides its letters. */
export interface GpuHint {
  /** Whose label it is: its own list is asked first. */
  readonly dialect?: GpuDialect;
  /** Memory per GPU as the seller or the driver reports it. */
  readonly memoryGiB?: number;
}

/** Looks labels up in a table of GPUs. Immutable. */
export interface GpuIndex {
  /** The rows a label may mean, in table order; more than one: ambiguous; none: unknown. */
  normalise(label: string, hint?: GpuHint): readonly GpuRow[];
}

type RowsByLabel = ReadonlyMap<string, readonly GpuRow[]>;

/**
 * Builds an index. Without arguments over the table that ships with this version; pass other rows and aliases to add
 * devices or to correct figures.
 */
export function createGpuIndex(rows: readonly GpuRow[] = GPU_ROWS, aliases: typeof GPU_ALIASES = GPU_ALIASES): GpuIndex {
  const byBase = group(rows.map((row) => [row.base, row]));
  const named = rows.flatMap((row) =>
    Object.entries(aliases[row.id] ?? {}).flatMap(([dialect, labels]) => labels.map((label) => ({ dialect, label, row }))),
  );
  const byDialect = group(named.map(({ dialect, label, row }) => [`${dialect}\n${label}`, row]));
  const byName = group([
    ...named.map(({ label, row }) => [squeeze(label), row] as const),
    ...rows.map((row) => [squeeze(row.id), row] as const),
  ]);
  return { normalise: (label, hint = {}) => lookUp(label, hint, byDialect, byBase, byName) };
}

function group(pairs: readonly (readonly [string, GpuRow])[]): RowsByLabel {
  const groups = new Map<string, GpuRow[]>();
  for (const [key, row] of pairs) {
    const rows = groups.get(key);
    if (!rows) groups.set(key, [row]);
    else if (!rows.includes(row)) rows.push(row);
  }
  return groups;
}

function lookUp(label: string, hint: GpuHint, byDialect: RowsByLabel, byBase: RowsByLabel, byName: RowsByLabel): readonly GpuRow[] {
  const exact = hint.dialect ? byDialect.get(`${hint.dialect}\n${label.trim()}`) : undefined;
  if (exact) return nearestMemory(exact, hint.memoryGiB);
  const { base, formFactor, memoryGiB } = readGpuLabel(label);
  const ofBase = byBase.get(base) ?? [];
  const ofForm = formFactor ? ofBase.filter((row) => row.formFactor === formFactor) : ofBase;
  const rows = nearestMemory(nearestMemory(ofForm, memoryGiB), hint.memoryGiB);
  if (rows.length > 0) return rows;
  // Names that the letters do not lead to (`GH200 480GB` names the memory of its CPU), whoever wrote them, and row ids.
  return nearestMemory(byName.get(squeeze(label)) ?? [], hint.memoryGiB);
}

/** Rows whose nominal memory is within the tolerance and nearest to a given size; all of them without a size. */
function nearestMemory(rows: readonly GpuRow[], memoryGiB: number | undefined): readonly GpuRow[] {
  if (memoryGiB === undefined) return rows;
  const distance = (row: GpuRow): number => Math.abs(row.memoryGiB - memoryGiB);
  const near = rows.filter((row) => distance(row) <= GPU_MEMORY_TOLERANCE * row.memoryGiB);
  const least = Math.min(...near.map(distance));
  return near.filter((row) => distance(row) === least);
}

const SHIPPED = /* @__PURE__ */ createGpuIndex();

/**
 * The devices a label may mean: the seller's own list first (`hint.dialect`), else by its letters, then narrowed by
 * form factor and memory. More than one row: ambiguous, plan with {@link worstRow}. Empty: unknown.
 */
export function normaliseGpu(label: string, hint?: GpuHint): readonly GpuRow[] {
  return SHIPPED.normalise(label, hint);
}

/** The row to plan with: least memory, then lowest throughput, then lowest bandwidth. `undefined` for no rows. */
export function worstRow(rows: readonly GpuRow[]): GpuRow | undefined {
  return rows.reduce<GpuRow | undefined>((worst, row) => (worst === undefined || isWorse(row, worst) ? row : worst), undefined);
}

const throughput = (row: GpuRow): number => row.fp16TensorDenseTflops ?? row.fp16VectorTflops ?? 0;

function isWorse(row: GpuRow, than: GpuRow): boolean {
  const differences = [row.memoryGiB - than.memoryGiB, throughput(row) - throughput(than), row.memBandwidthGBs - than.memBandwidthGBs];
  return (differences.find((difference) => difference !== 0) ?? 0) < 0;
}
