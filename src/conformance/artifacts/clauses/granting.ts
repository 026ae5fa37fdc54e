import { must } from "../../clause.js";
import type { ArtifactConformanceSetup } from "../setup.js";
import { URL_MS } from "../trial.js";
import { type ArtifactClause, needsSignedUrls, needsUrls } from "./clause-type.js";

const needsLimit =
  (limit: "sha256" | "once") =>
  ({ enforces, urls }: ArtifactConformanceSetup): string | undefined => {
    if (urls === "none") return "The store's URLs cannot be tried in this setup.";
    return enforces?.includes(limit) ? undefined : `The store does not enforce \`${limit}\`.`;
  };

export const grantingClauses: readonly ArtifactClause[] = [
  {
    id: "artifacts/urls/read",
    rule: "Who holds a URL for reading gets the object.",
    proves: "urls",
    inapplicable: needsUrls,
    run: async (trial) => {
      const uri = await trial.put("folder/a b+c", "content");
      const found = await trial.fetchUrl(await trial.store.readUrl(uri, URL_MS, trial.options));
      trial.expect(Buffer.from(found ?? []).toString("utf8"), "what a stranger gets").toBe("content");
    },
  },
  {
    id: "artifacts/urls/write",
    rule: "Who holds a URL for writing stores the object, again and again, and needs no header.",
    proves: "urls",
    inapplicable: needsUrls,
    run: async (trial) => {
      const { writeUrl } = trial.store;
      if (writeUrl === undefined) return must(trial.setup.urls !== "signed", "A store with signed URLs needs `writeUrl`.");
      const uri = trial.uri("folder/a b+c");
      const url = await writeUrl(uri, URL_MS, {}, trial.options);
      for (const content of ["first", "second and longer"]) {
        must(await trial.sendUrl(url, content), "A PUT within the time has to be taken.");
        await trial.holds(uri, content, "what a stranger stored");
      }
    },
  },
  {
    id: "artifacts/urls/one-method",
    rule: "A URL for reading does not write, and one for writing does not read.",
    proves: "urls",
    inapplicable: needsSignedUrls,
    run: async (trial) => {
      const uri = await trial.put("a", "content");
      must(
        !(await trial.sendUrl(await trial.store.readUrl(uri, URL_MS, trial.options), "taken over")),
        "A URL for reading was used for writing.",
      );
      await trial.holds(uri, "content", "after a PUT to a URL for reading");
      const url = (await trial.store.writeUrl?.(uri, URL_MS, {}, trial.options)) ?? "";
      must((await trial.fetchUrl(url)) === undefined, "A URL for writing was used for reading.");
    },
  },
  {
    id: "artifacts/urls/one-object",
    rule: "A URL for one attempt's object opens no other attempt's: neither by another name nor by a shortened one.",
    proves: "urls",
    inapplicable: needsSignedUrls,
    run: async (trial) => {
      const [mine, theirs] = [await trial.put("run/1/out", "mine"), await trial.put("run/2/out", "theirs")];
      const reading = await trial.store.readUrl(mine, URL_MS, trial.options);
      const writing = (await trial.store.writeUrl?.(mine, URL_MS, {}, trial.options)) ?? "";
      for (const [wrong, right] of [
        ["/run/2/out", "/run/1/out"],
        ["/run/2", "/run/1/out"],
        ["/run/2/out", "/run/1"],
      ] as const) {
        must((await trial.fetchUrl(reading.replace(right, wrong))) === undefined, "A URL for reading opened another object.");
        must(!(await trial.sendUrl(writing.replace(right, wrong), "taken over")), "A URL for writing wrote another object.");
      }
      await trial.holds(theirs, "theirs", "another attempt's object");
    },
  },
  {
    id: "artifacts/urls/end",
    rule: "A URL works within its time and not after it.",
    proves: "urls",
    inapplicable: needsSignedUrls,
    run: async (trial) => {
      const uri = await trial.put("a", "content");
      const reading = await trial.store.readUrl(uri, URL_MS, trial.options);
      const writing = (await trial.store.writeUrl?.(uri, URL_MS, {}, trial.options)) ?? "";
      await trial.elapse(URL_MS - 5_000);
      must((await trial.fetchUrl(reading)) !== undefined, "A URL ended before its time.");
      await trial.elapse(10_000);
      must((await trial.fetchUrl(reading)) === undefined, "A URL for reading outlived its time.");
      must(!(await trial.sendUrl(writing, "late")), "A URL for writing outlived its time.");
      await trial.holds(uri, "content", "after the URL's end");
    },
  },
  {
    id: "artifacts/urls/longest",
    rule: "A URL for longer than the store can give one is refused with UNSUPPORTED_WORKLOAD, and not shortened.",
    proves: "urls",
    inapplicable: needsSignedUrls,
    run: async (trial) => {
      const uri = await trial.put("a", "content");
      const years = 10 * 365 * 86_400_000;
      await trial.refuses("UNSUPPORTED_WORKLOAD", () => trial.store.readUrl(uri, years, trial.options), "A URL for ten years");
      await trial.refuses("UNSUPPORTED_WORKLOAD", async () => trial.store.writeUrl?.(uri, years, {}, trial.options), "A URL for ten years");
    },
  },
  {
    id: "artifacts/grants/complete",
    rule: "A grant holds everything that its PUT needs, and the time at which it ends.",
    proves: "grants",
    inapplicable: ({ enforces, urls }) =>
      (enforces?.length ?? 0) > 0 && urls !== "none" ? undefined : "The store's grants cannot be tried.",
    run: async (trial) => {
      const grant = await trial.grant(trial.uri("a"));
      must(await trial.sendUrl(grant.url, "content", grant.headers), "A PUT as granted has to be taken.");
      await trial.holds(trial.uri("a"), "content", "what was granted");
      const leftMs = (grant.expiresAtMs ?? Number.POSITIVE_INFINITY) - trial.host.now();
      must(leftMs > URL_MS - 10_000, "A grant must not end before its time.");
    },
  },
  {
    id: "artifacts/grants/sha256",
    rule: "A grant that enforces a digest takes those bytes and no others, whatever headers are sent.",
    proves: "grants",
    inapplicable: needsLimit("sha256"),
    run: async (trial) => {
      const uri = trial.uri("a");
      const grant = await trial.grant(uri, { sha256: trial.host.sha256("right") });
      must(grant.enforced.includes("sha256"), "The grant has to say that it enforces the digest.");
      must(!(await trial.sendUrl(grant.url, "wrong", grant.headers)), "Other bytes were taken with the grant's headers.");
      must(!(await trial.sendUrl(grant.url, "wrong")), "Other bytes were taken without headers.");
      trial.expect(await trial.store.stat(uri, trial.options), "after refusals").toBe(undefined);
      must(await trial.sendUrl(grant.url, "right", grant.headers), "The right bytes have to be taken.");
      await trial.holds(uri, "right", "what was granted");
    },
  },
  {
    id: "artifacts/grants/once",
    rule: "A grant that enforces writing once takes nothing once something is there.",
    proves: "grants",
    inapplicable: needsLimit("once"),
    run: async (trial) => {
      const uri = trial.uri("a");
      const grant = await trial.grant(uri, { once: true });
      must(grant.enforced.includes("once"), "The grant has to say that it enforces writing once.");
      must(await trial.sendUrl(grant.url, "first", grant.headers), "The first PUT has to be taken.");
      must(!(await trial.sendUrl(grant.url, "second", grant.headers)), "A second PUT was taken.");
      must(!(await trial.sendUrl(grant.url, "second")), "A second PUT was taken without headers.");
      await trial.holds(uri, "first", "what was granted once");
    },
  },
];
