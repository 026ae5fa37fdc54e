import type { ArtifactStore } from "../../../../src/spec/artifact-store.js";
import type { ByteSource } from "../../../../src/spec/launch.js";
import { type ArtifactSaboteur, saboteur } from "./saboteur.js";

/** A store that puts what it gets piece by piece, each time the whole of what has come so far. */
const putting = (store: ArtifactStore, through: (source: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>): ArtifactStore => ({
  ...store,
  put: (uri, body, options) => store.put(uri, "stream" in body ? { stream: through(body.stream) } : body, options),
});

const withoutSignal =
  (store: ArtifactStore): ArtifactStore["put"] =>
  (uri, body: ByteSource, { host }) =>
    store.put(uri, body, { host });

export const storingSaboteurs: readonly ArtifactSaboteur[] = [
  saboteur("artifacts/static/facts", "has a workspace without a slash", (store) => ({ ...store, workspace: "s3://test-bucket/spillway" })),
  saboteur("artifacts/static/declared", "has no uploads in parts although they are declared", ({ parted: _, ...store }) => store),
  saboteur("artifacts/put/answers-what-was-stored", "answers the size of the last piece", (store) => ({
    ...store,
    put: async (uri, body, options) => {
      let last = 0;
      if (!("stream" in body)) return store.put(uri, body, options);
      async function* counted(source: AsyncIterable<Uint8Array>) {
        for await (const piece of source) {
          last = piece.length;
          yield piece;
        }
      }
      return { ...(await store.put(uri, { stream: counted(body.stream) }, options)), size: last };
    },
  })),
  saboteur("artifacts/put/gives-back-the-same", "stores bytes as text", (store) => ({
    ...store,
    put: (uri, body, options) =>
      store.put(uri, "bytes" in body ? { bytes: Buffer.from(Buffer.from(body.bytes).toString("utf8"), "utf8") } : body, options),
  })),
  saboteur("artifacts/put/overwrites", "keeps the first object", (store) => ({
    ...store,
    put: async (uri, body, options) => {
      if ((await store.stat(uri, options)) === undefined) return store.put(uri, body, options);
      return { uri, sha256: "", size: 0 };
    },
  })),
  saboteur("artifacts/put/copies-buffers", "keeps the source's buffers until the end", (store) =>
    putting(store, async function* (source) {
      const kept: Uint8Array[] = [];
      for await (const piece of source) kept.push(piece);
      yield* kept;
    }),
  ),
  saboteur("artifacts/put/failed-source-changes-nothing", "stores what it got before the source failed", (store) =>
    putting(store, async function* (source) {
      try {
        yield* source;
      } catch {
        // Taken for the end.
      }
    }),
  ),
  saboteur("artifacts/put/aborted-changes-nothing", "does not look at the signal before it begins", (store) => ({
    ...store,
    put: async (uri, body, options) => ("stream" in body ? store.put(uri, body, options) : withoutSignal(store)(uri, body, options)),
  })),
  saboteur("artifacts/put/many-at-once", "removes late, when something else may be there", (store) => {
    const late: string[] = [];
    return {
      ...store,
      remove: async (uri) => void late.push(uri),
      read: async (uri, options) => {
        for (const removed of late.splice(0)) await store.remove(removed, options);
        return store.read(uri, options);
      },
    };
  }),
];
