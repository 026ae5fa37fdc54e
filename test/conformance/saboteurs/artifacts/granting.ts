import type { ArtifactStore } from "../../../../src/spec/artifact-store.js";
import { s3Setup } from "../../artifact-stores.js";
import { type ArtifactSaboteur, saboteur } from "./saboteur.js";

/** A store whose URLs go to a stranger's helper, who holds the rights of the whole store: what a public bucket would be. */
function open(clause: string, wrong: string, allows: (what: { method: "GET" | "PUT"; url: string }) => boolean): ArtifactSaboteur {
  return {
    clause,
    wrong,
    setup: s3Setup((underTest) => {
      const { store, host } = underTest;
      const uriOf = (url: string): string => `s3:/${new URL(url).pathname}`;
      return {
        ...underTest,
        fetchUrl: async (url) => {
          if (!allows({ method: "GET", url })) return genuine(url);
          const pieces: Uint8Array[] = [];
          try {
            for await (const piece of await store.read(uriOf(url), { host })) pieces.push(piece);
          } catch {
            return undefined;
          }
          return Buffer.concat(pieces);
        },
        sendUrl: async (url, bytes, headers) => {
          if (!allows({ method: "PUT", url })) return (await fetch(url, { method: "PUT", body: new Uint8Array(bytes), headers })).ok;
          await store.put(uriOf(url), { bytes }, { host });
          return true;
        },
      };
    }),
  };
}

async function genuine(url: string): Promise<Uint8Array | undefined> {
  const response = await fetch(url);
  const body = new Uint8Array(await response.arrayBuffer());
  return response.ok ? body : undefined;
}

const granting = (
  store: ArtifactStore,
  change: (grant: NonNullable<ArtifactStore["grantWrite"]>) => ArtifactStore["grantWrite"],
): ArtifactStore => {
  const { grantWrite } = store;
  const changed = grantWrite && change(grantWrite);
  return changed ? { ...store, grantWrite: changed } : store;
};

export const grantingSaboteurs: readonly ArtifactSaboteur[] = [
  saboteur("artifacts/urls/read", "gives a URL for the URI as it is written, not for the object", (store) => ({
    ...store,
    readUrl: (uri, ttlMs, options) => store.readUrl(uri.replaceAll("%", "%25"), ttlMs, options),
  })),
  saboteur("artifacts/urls/write", "signs a header in that nobody is told of", (store) => ({
    ...store,
    writeUrl: async (uri, ttlMs, _limits, options) => (await store.writeUrl?.(uri, ttlMs, { once: true }, options)) ?? "",
  })),
  open("artifacts/urls/one-method", "lets who may read also write", ({ method }) => method === "PUT"),
  open("artifacts/urls/one-object", "signs the method alone", () => true),
  saboteur("artifacts/urls/end", "gives URLs for a whole day", (store) => ({
    ...store,
    readUrl: (uri, ttlMs, options) => store.readUrl(uri, Math.max(ttlMs, 86_400_000), options),
  })),
  saboteur("artifacts/urls/longest", "shortens what is too long", (store) => ({
    ...store,
    readUrl: (uri, ttlMs, options) => store.readUrl(uri, Math.min(ttlMs, 604_800_000), options),
  })),
  saboteur("artifacts/grants/complete", "keeps the headers to itself", (store) =>
    granting(store, (grant) => async (uri, ttlMs, limits, options) => {
      const { url, expiresAtMs = 0, enforced } = await grant(uri, ttlMs, { ...limits, once: true }, options);
      return { url, expiresAtMs, enforced, headers: {} };
    }),
  ),
  saboteur("artifacts/grants/sha256", "says that it enforces a digest and does not", (store) =>
    granting(store, (grant) => async (uri, ttlMs, { sha256: _, ...limits }, options) => ({
      ...(await grant(uri, ttlMs, limits, options)),
      enforced: ["sha256"],
    })),
  ),
  saboteur("artifacts/grants/once", "says that it writes once and does not", (store) =>
    granting(store, (grant) => async (uri, ttlMs, { once: _, ...limits }, options) => ({
      ...(await grant(uri, ttlMs, limits, options)),
      enforced: ["once"],
    })),
  ),
];
