import type { ArtifactStore } from "../../spec/artifact-store.js";

/** What planning looks at in an artifact store. Nothing is called. */
export type StagingStore = Pick<
  ArtifactStore,
  "id" | "schemes" | "write" | "workspace" | "local" | "prices" | "writeUrl" | "grantWrite" | "needsDigest"
>;

/** A store in which attempts can write. */
export type Workspace<S extends StagingStore = StagingStore> = S & { readonly workspace: string };

/**
 * The store that reads a URI: of those that know the scheme the one whose workspace lies in the same bucket or on the same host, else the
 * first. So two buckets of different services can be configured side by side.
 */
export function storeOf<S extends StagingStore>(uri: string, stores: readonly S[]): S | undefined {
  const scheme = schemeOf(uri);
  if (scheme === undefined) return undefined;
  const able = stores.filter((store) => store.schemes.includes(scheme));
  const place = authorityOf(uri);
  return able.find(({ workspace }) => workspace !== undefined && authorityOf(workspace) === place) ?? able[0];
}

/** Scheme of a URI, lower case, without the colon. */
export const schemeOf = (uri: string): string | undefined => /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();

const authorityOf = (uri: string): string | undefined => /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(uri)?.[0].toLowerCase();

/** The store that keeps outputs collected by this process: the first writable one. */
export function nearWorkspace<S extends StagingStore>(stores: readonly S[]): Workspace<S> | undefined {
  return stores.find((store): store is Workspace<S> => store.write && store.workspace !== undefined);
}

/** The store into which machines elsewhere write: the first writable one that hands out URLs which work there. */
export function farWorkspace<S extends StagingStore>(stores: readonly S[]): Workspace<S> | undefined {
  return stores.find((store): store is Workspace<S> => isFar(store));
}

/** The cheapest store to read from over and over: least egress, then least storage. Only those that machines elsewhere can read. */
export function cheapestFar<S extends StagingStore>(stores: readonly S[]): Workspace<S> | undefined {
  return stores
    .filter((store): store is Workspace<S> => isFar(store))
    .reduce<Workspace<S> | undefined>((best, store) => (best === undefined || isCheaper(store, best) ? store : best), undefined);
}

const isFar = (store: StagingStore): boolean =>
  store.write && store.workspace !== undefined && store.local !== true && (store.grantWrite ?? store.writeUrl) !== undefined;

function isCheaper(a: StagingStore, b: StagingStore): boolean {
  if (a.prices.egressUsdPerGB !== b.prices.egressUsdPerGB) return a.prices.egressUsdPerGB < b.prices.egressUsdPerGB;
  return a.prices.storageUsdPerGBMonth < b.prices.storageUsdPerGBMonth;
}
