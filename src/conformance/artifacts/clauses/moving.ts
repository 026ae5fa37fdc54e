import { must, shown } from "../../clause.js";
import { binary } from "../trial.js";
import type { ArtifactClause } from "./clause-type.js";

export const movingClauses: readonly ArtifactClause[] = [
  {
    id: "artifacts/copy/whole-and-again",
    rule: "A copy holds the same bytes, takes the place of what was there, can be made again, and leaves its source.",
    run: async (trial) => {
      const from = await trial.put("from/a", binary(50_000));
      const to = await trial.put("to/b", "what was there before");
      for (let times = 0; times < 2; times++) await trial.store.copy(from, to, trial.options);
      await trial.holds(to, binary(50_000), "the copy");
      await trial.holds(from, binary(50_000), "the source");
    },
  },
  {
    id: "artifacts/copy/onto-itself",
    rule: "A copy of an object onto itself changes nothing.",
    run: async (trial) => {
      const uri = await trial.put("a", "same");
      await trial.store.copy(uri, uri, trial.options);
      await trial.holds(uri, "same", "after a copy onto itself");
    },
  },
  {
    id: "artifacts/copy/missing",
    rule: "Copying what is not there rejects with ARTIFACT_NOT_FOUND and leaves the target.",
    run: async (trial) => {
      const to = await trial.put("to", "kept");
      await trial.refuses(
        "ARTIFACT_NOT_FOUND",
        () => trial.store.copy(trial.uri("missing"), to, trial.options),
        "Copying what is not there",
      );
      await trial.holds(to, "kept", "after a copy that failed");
    },
  },
  {
    id: "artifacts/remove/this-one-and-again",
    rule: "Removing takes this object away and no other; removing it again, or what never was, is fine.",
    run: async (trial) => {
      const uri = await trial.put("run/a", "x");
      const others = [await trial.put("run/ab", "y"), await trial.put("run/b", "y")];
      for (let times = 0; times < 2; times++) await trial.store.remove(uri, trial.options);
      await trial.store.remove(trial.uri("never/was"), trial.options);
      trial.expect(await trial.store.stat(uri, trial.options), "the removed object").toBe(undefined);
      for (const other of others) await trial.holds(other, "y", "beside a removed object");
    },
  },
  {
    id: "artifacts/list/everything-below-a-prefix",
    rule: "A listing holds every object whose URI begins with the prefix, at any depth, once, and nothing beside it; the prefix may end inside a name.",
    run: async (trial) => {
      const below = Array.from({ length: 25 }, (_, index) => `run/1/${index % 4}/${index}`);
      for (const name of [...below, "run/10", "run/2/a", "runner"]) await trial.put(name, "x");
      const listed = async (prefix: string): Promise<readonly string[]> => [...(await trial.store.list(prefix, trial.options))].sort();
      trial.expect(await listed(`${trial.uri("run/1")}/`), "below a folder").toEqual(below.map((name) => trial.uri(name)).sort());
      must((await listed(trial.uri("run/1"))).length === below.length + 1, "A prefix is text: it may end inside a name.");
      trial.expect(await listed(`${trial.uri("none")}/`), "below nothing").toEqual([]);
      for (const name of below) await trial.store.remove(trial.uri(name), trial.options);
      trial.expect(await listed(`${trial.uri("run/1")}/`), "after removing").toEqual([]);
    },
  },
  {
    id: "artifacts/names/odd-ones-stay-apart",
    rule: "Names with blanks, signs, umlauts and percent signs, encoded in their URIs, are kept apart, and a listing gives URIs by which they can be read and removed.",
    run: async (trial) => {
      const names = ["a b", "a+b", "a%20b", "100%", "ä€", "what?", "x#y", "a&b", "'\"", "..hidden", "(*)!~", "back\\slash"];
      for (const name of names) await trial.put(`odd/${name}`, name);
      for (const name of names) await trial.holds(trial.uri(`odd/${name}`), name, "an odd name");
      const uris = await trial.store.list(`${trial.uri("odd")}/`, trial.options);
      const found: string[] = [];
      for (const uri of uris) found.push(Buffer.from(await trial.get(uri)).toString("utf8"));
      trial.expect(found.sort(), "what the listed URIs hold").toEqual([...names].sort());
      for (const uri of uris) await trial.store.remove(uri, trial.options);
      trial.expect(await trial.store.list(`${trial.uri("odd")}/`, trial.options), "after removing").toEqual([]);
    },
  },
  {
    id: "artifacts/names/none-climbs-out",
    rule: "A URI with `..` between slashes, encoded or not, is refused with INVALID_WORKLOAD by every verb.",
    run: async (trial) => {
      const inside = await trial.put("run/attempt/a", "x");
      for (const climbing of ["run/attempt/../other", "run/attempt/%2e%2e/other", "run/attempt/a/../../../outside"]) {
        const uri = `${trial.store.workspace}${climbing}`;
        const calls: Readonly<Record<string, () => Promise<unknown>>> = {
          put: () => trial.store.put(uri, { bytes: binary(1) }, trial.options),
          read: () => trial.store.read(uri, trial.options),
          readUrl: () => trial.store.readUrl(uri, 1_000, trial.options),
          "copy from": () => trial.store.copy(uri, inside, trial.options),
          "copy to": () => trial.store.copy(inside, uri, trial.options),
          remove: () => trial.store.remove(uri, trial.options),
        };
        for (const [verb, call] of Object.entries(calls)) await trial.refuses("INVALID_WORKLOAD", call, `${verb} of ${shown(uri)}`);
      }
    },
  },
];
