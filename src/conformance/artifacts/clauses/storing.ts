import { must } from "../../clause.js";
import { binary, bytesOf } from "../trial.js";
import type { ArtifactClause } from "./clause-type.js";

async function* pieces(...all: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, undefined> {
  yield* all;
}

export const storingClauses: readonly ArtifactClause[] = [
  {
    id: "artifacts/put/answers-what-was-stored",
    rule: "It answers the URI as it was given, the digest and the size, of bytes and of streams.",
    run: async (trial) => {
      const data = binary(100_000);
      const stream = pieces(data.subarray(0, 1), data.subarray(1, 70_000), new Uint8Array(), data.subarray(70_000));
      for (const [name, body] of [
        ["bytes", { bytes: data }],
        ["stream", { stream }],
      ] as const) {
        const uri = trial.uri(name);
        const artifact = await trial.store.put(uri, body, trial.options);
        trial.expect(artifact, name).toEqual({ uri, sha256: trial.host.sha256(data), size: data.length });
      }
    },
  },
  {
    id: "artifacts/put/gives-back-the-same",
    rule: "What is read is what was put: nothing, one byte, and bytes of every value.",
    run: async (trial) => {
      for (const [name, size] of [
        ["empty", 0],
        ["one", 1],
        ["many", 300_001],
      ] as const) {
        await trial.holds(await trial.put(name, binary(size)), binary(size), name);
      }
    },
  },
  {
    id: "artifacts/put/overwrites",
    rule: "A second object at a URI takes the place of the first, also a shorter one.",
    run: async (trial) => {
      await trial.put("a", "the first and longer one");
      await trial.holds(await trial.put("a", "second"), "second", "after the second put");
    },
  },
  {
    id: "artifacts/put/copies-buffers",
    rule: "A source may use its buffer again once the next piece is asked for.",
    run: async (trial) => {
      async function* reusing(): AsyncGenerator<Uint8Array, void, undefined> {
        const buffer = new Uint8Array(1_000);
        for (let count = 1; count <= 3; count++) yield buffer.fill(count);
      }
      const uri = trial.uri("a");
      await trial.store.put(uri, { stream: reusing() }, trial.options);
      const expected = new Uint8Array(3_000).map((_, index) => 1 + Math.floor(index / 1_000));
      await trial.holds(uri, expected, "after a source that uses one buffer");
    },
  },
  {
    id: "artifacts/put/failed-source-changes-nothing",
    rule: "When the source fails, `put` rejects with its error, and what was there before stays.",
    run: async (trial) => {
      const uri = await trial.put("a", "old");
      const broken = new Error("the source broke");
      async function* failing(): AsyncGenerator<Uint8Array, void, undefined> {
        yield binary(10_000);
        throw broken;
      }
      await trial.rejectsWith(broken, () => trial.store.put(uri, { stream: failing() }, trial.options), "A put whose source fails");
      await trial.holds(uri, "old", "after a source that failed");
      const fresh = trial.uri("fresh");
      await trial.rejectsWith(broken, () => trial.store.put(fresh, { stream: failing() }, trial.options), "A put whose source fails");
      trial.expect(await trial.store.stat(fresh, trial.options), "an object that was never complete").toBe(undefined);
    },
  },
  {
    id: "artifacts/put/aborted-changes-nothing",
    rule: "An aborted `put` rejects with the signal's reason, even while its source hangs, and what was there before stays.",
    run: async (trial) => {
      const uri = await trial.put("a", "old");
      const abort = new AbortController();
      const reason = new Error("enough");
      async function* hanging(): AsyncGenerator<Uint8Array, void, undefined> {
        yield binary(10_000);
        abort.abort(reason);
        await new Promise(() => undefined);
      }
      const put = () => trial.store.put(uri, { stream: hanging() }, { host: trial.host, signal: abort.signal });
      await trial.rejectsWith(reason, put, "An aborted put");
      await trial.rejectsWith(
        reason,
        () => trial.store.put(uri, { bytes: bytesOf("new") }, { host: trial.host, signal: abort.signal }),
        "A put that is aborted before it begins",
      );
      await trial.holds(uri, "old", "after an aborted put");
    },
  },
  {
    id: "artifacts/put/many-at-once",
    rule: "Puts and removals at the same time do not disturb each other.",
    run: async (trial) => {
      const names = Array.from({ length: 12 }, (_, index) => `run/${index % 3}/${index}`);
      await Promise.all(
        names.map(async (name) => {
          const uri = await trial.put(name, `first ${name}`);
          await trial.store.remove(uri, trial.options);
          await trial.put(name, name);
        }),
      );
      for (const name of names) await trial.holds(trial.uri(name), name, "after writing at the same time");
      must((await trial.store.list(trial.uri("run"), trial.options)).length === names.length, "Every object has to be listed once.");
    },
  },
];
