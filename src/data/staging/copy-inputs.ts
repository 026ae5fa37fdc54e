import type { InputRequest, Workload } from "../../model/workload.js";
import { cheapestFar, farWorkspace, type StagingStore, storeOf } from "./stores.js";

const BYTES_PER_GB = 1e9;

/** Copies are named by digest and kept, since other runs may use them. They are charged with a month of storage. */
const KEPT_DAYS = 30;
const DAYS_PER_MONTH = 30;

/** What decides whether an input is worth a copy. */
export interface CopyQuestion {
  readonly bytes: number;
  /** How often it is expected to be fetched: workloads that read it, times replicas, times attempts. */
  readonly fetches: number;
  /** Of the place where it lies, USD per GB. */
  readonly fromUsdPerGB: number;
  /** Of the place where the copy would lie. */
  readonly to: { readonly egressUsdPerGB: number; readonly storageUsdPerGBMonth: number };
  /** @defaultValue 30 */
  readonly keptDays?: number;
}

/**
 * Whether copying once is cheaper than fetching again and again:
 *
 * ```
 * fetches D from > D from + fetches D to + D storage days / 30      (D in GB)
 * ```
 *
 * Never for a single fetch.
 */
export function isWorthCopying({ bytes, fetches, fromUsdPerGB, to, keptDays = KEPT_DAYS }: CopyQuestion): boolean {
  if (fetches < 2) return false;
  const gigabytes = bytes / BYTES_PER_GB;
  const inPlace = fetches * gigabytes * fromUsdPerGB;
  const copied =
    gigabytes * fromUsdPerGB + fetches * gigabytes * to.egressUsdPerGB + (gigabytes * to.storageUsdPerGBMonth * keptDays) / DAYS_PER_MONTH;
  return inPlace > copied;
}

/**
 * The workloads with a place for a copy noted at each input that needs one: files of this machine, which machines elsewhere cannot read, and
 * files that are read so often that one copy in a cheaper place costs less. Only inputs with a known digest and size are copied, since the
 * copy is named by its digest. Nothing is moved here: the copy is made before it is first needed.
 *
 * @param workloads accepted together: an input that several of them read counts as often
 */
export function withCopies(workloads: readonly Workload[], stores: readonly StagingStore[]): readonly Workload[] {
  const far = farWorkspace(stores);
  const cheap = cheapestFar(stores);
  if (far === undefined || cheap === undefined) return workloads;
  const fetches = expectedFetches(workloads);
  const staged = (input: InputRequest): InputRequest => {
    const { uri, sha256, size } = input;
    const store = storeOf(uri, stores);
    if (store === undefined || sha256 === undefined) return input;
    if (store.local === true) return { ...input, stagedUri: copyUri(far.workspace, sha256) };
    if (size === undefined || store === cheap) return input;
    const question = { bytes: size, fetches: fetches.get(uri) ?? 1, fromUsdPerGB: store.prices.egressUsdPerGB, to: cheap.prices };
    return isWorthCopying(question) ? { ...input, stagedUri: copyUri(cheap.workspace, sha256) } : input;
  };
  return workloads.map((workload) => {
    if (Object.keys(workload.inputs).length === 0) return workload;
    return { ...workload, inputs: Object.fromEntries(Object.entries(workload.inputs).map(([path, input]) => [path, staged(input)])) };
  });
}

/** Where the copy of a digest lies below a workspace. The same for all runs, so that it is made once. */
export const copyUri = (workspace: string, sha256: string): string => `${workspace}inputs/${sha256}`;

/** Least number of results that verification by quorum buys. */
const LEAST_REPLICAS = 2;

function expectedFetches(workloads: readonly Workload[]): ReadonlyMap<string, number> {
  const fetches = new Map<string, number>();
  for (const { inputs, verification } of workloads) {
    const replicas = verification.kind === "quorum" ? LEAST_REPLICAS : 1;
    for (const { uri } of Object.values(inputs)) fetches.set(uri, (fetches.get(uri) ?? 0) + replicas);
  }
  return fetches;
}

/** From where one backend's machines read an input: in place, or the copy. Files of this machine are copied only for machines elsewhere. */
export function sourceOf(input: InputRequest, isNear: boolean, stores: readonly StagingStore[]): string {
  if (input.stagedUri === undefined) return input.uri;
  return isNear && storeOf(input.uri, stores)?.local === true ? input.uri : input.stagedUri;
}
