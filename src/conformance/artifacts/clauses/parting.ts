import type { PartedUpload } from "../../../spec/artifact-store.js";
import { must, present } from "../../clause.js";
import { type ArtifactTrial, binary, URL_MS } from "../trial.js";
import { type ArtifactClause, needsParts } from "./clause-type.js";

/** Two whole parts and a short one, of the least size that the store allows. */
async function begun(trial: ArtifactTrial, name = "large"): Promise<{ upload: PartedUpload; urls: readonly string[]; data: Uint8Array }> {
  const { partBytes } = await probe(trial);
  const upload = await trial.parted.create(trial.uri(name), { maxBytes: 4 * partBytes, partBytes }, trial.options);
  // As it would be after a crash.
  const copy = JSON.parse(JSON.stringify(upload)) as PartedUpload;
  return { upload: copy, urls: await trial.parted.partUrls(copy, URL_MS, trial.options), data: binary(2 * upload.partBytes + 17) };
}

/** The least size of a part: asked for too little, the store gives what it must. */
async function probe(trial: ArtifactTrial): Promise<PartedUpload> {
  const upload = await trial.parted.create(trial.uri("probe"), { maxBytes: 1, partBytes: 1 }, trial.options);
  await trial.parted.abort(upload, trial.options);
  return upload;
}

async function send(trial: ArtifactTrial, urls: readonly string[], part: number, bytes: Uint8Array): Promise<void> {
  must(await trial.sendUrl(present(urls[part - 1], `There is no URL for part ${part}.`), bytes), `Part ${part} has to be taken.`);
}

const piece = (data: Uint8Array, { partBytes }: PartedUpload, part: number): Uint8Array =>
  data.subarray((part - 1) * partBytes, part * partBytes);

export const partingClauses: readonly ArtifactClause[] = [
  {
    id: "artifacts/parts/fewer-than-planned",
    rule: "Parts that are sent in any order, and again, become one object; URLs that were not used cost nothing.",
    proves: "parted",
    inapplicable: needsParts,
    run: async (trial) => {
      const { upload, urls, data } = await begun(trial);
      trial.expect(urls.length, "one URL per part").toBe(upload.parts);
      await send(trial, urls, 3, piece(data, upload, 3));
      await send(trial, urls, 1, binary(upload.partBytes).fill(9));
      await send(trial, urls, 1, piece(data, upload, 1));
      await send(trial, urls, 2, piece(data, upload, 2));
      trial.expect((await trial.parted.complete(upload, { ...trial.options, parts: 3 })).size, "the size").toBe(data.length);
      await trial.holds(upload.uri, data, "the parts together");
    },
  },
  {
    id: "artifacts/parts/nothing-before-the-end",
    rule: "No object appears before the upload is completed, and none after it was aborted.",
    proves: "parted",
    inapplicable: needsParts,
    run: async (trial) => {
      const { upload, urls, data } = await begun(trial);
      await send(trial, urls, 1, piece(data, upload, 1));
      trial.expect(await trial.store.stat(upload.uri, trial.options), "before the end").toBe(undefined);
      for (let times = 0; times < 2; times++) await trial.parted.abort(upload, trial.options);
      trial.expect(await trial.store.stat(upload.uri, trial.options), "after the abort").toBe(undefined);
      must(!(await trial.sendUrl(urls[1] ?? "", "late")), "A part of an aborted upload was taken.");
    },
  },
  {
    id: "artifacts/parts/gaps-are-refused",
    rule: "Completing rejects with STAGING_FAILED when no part was sent, one in between is missing, or others than announced were sent; the upload goes on.",
    proves: "parted",
    inapplicable: needsParts,
    run: async (trial) => {
      const { upload, urls, data } = await begun(trial);
      const complete = (parts?: number) => () =>
        trial.parted.complete(upload, { ...trial.options, ...(parts === undefined ? {} : { parts }) });
      await trial.refuses("STAGING_FAILED", complete(), "Completing without parts");
      await send(trial, urls, 2, piece(data, upload, 2));
      await trial.refuses("STAGING_FAILED", complete(), "Completing without the first part");
      await send(trial, urls, 1, piece(data, upload, 1));
      await trial.refuses("STAGING_FAILED", complete(3), "Completing two parts of three");
      await complete(2)();
      await trial.holds(upload.uri, data.subarray(0, 2 * upload.partBytes), "after the right completion");
    },
  },
  {
    id: "artifacts/parts/completed-once",
    rule: "Completing again answers the same, as after a crash between the completion and its note.",
    proves: "parted",
    inapplicable: needsParts,
    run: async (trial) => {
      const { upload, urls } = await begun(trial);
      await send(trial, urls, 1, binary(3));
      const first = await trial.parted.complete(upload, trial.options);
      trial.expect(await trial.parted.complete(upload, trial.options), "the second answer").toEqual(first);
      await trial.holds(upload.uri, binary(3), "after completing twice");
    },
  },
  {
    id: "artifacts/parts/are-listed",
    rule: "Uploads that have begun and not ended are listed by prefix, so that nothing is kept, and billed, unseen.",
    proves: "parted",
    inapplicable: needsParts,
    run: async (trial) => {
      const one = await begun(trial, "run/1/a b");
      const two = await begun(trial, "run/2/a");
      const done = await begun(trial, "run/1/done");
      await send(trial, done.urls, 1, binary(3));
      await trial.parted.complete(done.upload, trial.options);
      const listed = async (name: string): Promise<readonly string[]> =>
        (await trial.parted.list(trial.uri(name), trial.options)).map(({ uri, uploadId }) => `${uri} ${uploadId}`);
      trial.expect(await listed("run/1"), "below a prefix").toEqual([`${one.upload.uri} ${one.upload.uploadId}`]);
      await trial.parted.abort(two.upload, trial.options);
      trial.expect(await listed("run/2"), "after an abort").toEqual([]);
    },
  },
];
