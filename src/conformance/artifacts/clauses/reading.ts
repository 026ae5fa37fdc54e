import { must } from "../../clause.js";
import { binary, wholeOf } from "../trial.js";
import { type ArtifactClause, needsVersions } from "./clause-type.js";

export const readingClauses: readonly ArtifactClause[] = [
  {
    id: "artifacts/read/missing",
    rule: "Reading what is not there rejects with ARTIFACT_NOT_FOUND, before any byte is asked for.",
    run: async (trial) => {
      await trial.refuses("ARTIFACT_NOT_FOUND", () => trial.store.read(trial.uri("missing"), trial.options), "Reading what is not there");
    },
  },
  {
    id: "artifacts/read/holds-to-a-digest",
    rule: "With a `sha256` the right bytes are given whole; of others the last is never given, and the reading fails with INPUT_DIGEST_MISMATCH.",
    run: async (trial) => {
      const data = binary(200_000);
      const uri = await trial.put("a", data);
      const right = await trial.get(uri, { ...trial.options, sha256: trial.host.sha256(data) });
      must(right.length === data.length, "Right bytes have to be given whole.");
      let seen = 0;
      const reading = async (): Promise<void> => {
        for await (const piece of await trial.store.read(uri, { ...trial.options, sha256: trial.host.sha256("other") }))
          seen += piece.length;
      };
      await trial.refuses("INPUT_DIGEST_MISMATCH", reading, "Reading other bytes than were promised");
      must(seen < data.length, "Wrong bytes must not be given to the end.");
    },
  },
  {
    id: "artifacts/read/never-mixes",
    rule: "An object that is overwritten while it is read is read as it was, or the reading fails: the bytes of two objects are never mixed.",
    run: async (trial) => {
      const [old, fresh] = [new Uint8Array(400_000).fill(1), new Uint8Array(400_000).fill(2)];
      const uri = await trial.put("a", old);
      const source = await trial.store.read(uri, trial.options);
      await trial.put("a", fresh);
      const read = await wholeOf(source).catch(() => undefined);
      if (read === undefined) return;
      must(read.length === old.length && read.every((byte) => byte === read[0]), "The bytes of two objects were mixed.");
    },
  },
  {
    id: "artifacts/read/aborts",
    rule: "An aborted reading rejects with the signal's reason.",
    run: async (trial) => {
      const uri = await trial.put("a", binary(400_000));
      const abort = new AbortController();
      const reason = new Error("enough");
      const reading = async (): Promise<void> => {
        for await (const _ of await trial.store.read(uri, { host: trial.host, signal: abort.signal })) abort.abort(reason);
        // All of it came in one piece: then there is nothing to abort any more, but a reading that begins now must not.
        await wholeOf(await trial.store.read(uri, { host: trial.host, signal: abort.signal }));
      };
      await trial.rejectsWith(reason, reading, "An aborted reading");
    },
  },
  {
    id: "artifacts/stat/size-and-digest",
    rule: "`stat` tells the size, and where it tells a digest the right one; nothing for what is not there, or for a prefix of a name.",
    run: async (trial) => {
      const data = binary(12_345);
      const uri = await trial.put("folder/a", data);
      const stat = await trial.store.stat(uri, trial.options);
      trial.expect(stat?.size, "the size").toBe(data.length);
      if (stat?.sha256 !== undefined) trial.expect(stat.sha256, "the digest").toBe(trial.host.sha256(data));
      for (const name of ["missing", "folder", "folder/a/b"]) {
        trial.expect(await trial.store.stat(trial.uri(name), trial.options), name).toBe(undefined);
      }
    },
  },
  {
    id: "artifacts/versions/tell-objects-apart",
    rule: "An object has one version as long as it is not written, and another one once other bytes are there.",
    proves: "versions",
    inapplicable: needsVersions,
    run: async (trial) => {
      const versionOf = async (): Promise<string> => (await trial.store.stat(trial.uri("a"), trial.options))?.version ?? "";
      await trial.put("a", "one");
      const first = await versionOf();
      must(first !== "" && first === (await versionOf()), "An object keeps its version.");
      await trial.put("a", "two");
      must(first !== (await versionOf()), "Other bytes have another version.");
    },
  },
  {
    id: "artifacts/versions/are-heeded",
    rule: "`read` and `copy` with the version of an object that was overwritten reject with OUTPUT_DIGEST_MISMATCH and change nothing; with the right one they work.",
    proves: "versions",
    inapplicable: needsVersions,
    run: async (trial) => {
      const uri = await trial.put("a", "checked");
      const ifVersion = (await trial.store.stat(uri, trial.options))?.version ?? "";
      const to = trial.uri("copy");
      await trial.store.copy(uri, to, { ...trial.options, ifVersion });
      must((await trial.get(uri, { ...trial.options, ifVersion })).length === "checked".length, "The right version can be read.");
      await trial.put("a", "swapped");
      await trial.refuses("OUTPUT_DIGEST_MISMATCH", () => trial.get(uri, { ...trial.options, ifVersion }), "Reading an old version");
      await trial.refuses(
        "OUTPUT_DIGEST_MISMATCH",
        () => trial.store.copy(uri, to, { ...trial.options, ifVersion }),
        "Copying an old version",
      );
      await trial.holds(to, "checked", "after a copy that was refused");
    },
  },
];
