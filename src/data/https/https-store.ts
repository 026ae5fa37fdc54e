import { z } from "zod";
import {
  checkedBytes,
  readOnlyVerbs,
  readUrlObject,
  type StorePrices,
  type StoreWireOptions,
  shownUrl,
  statUrlObject,
  storePrices,
  storeShape,
  storeWire,
  type UrlObject,
  unusableUri,
} from "../../kit/objects/index.js";
import { validateInput } from "../../kit/validation.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { ArtifactStore, ReadOptions } from "../../spec/artifact-store.js";

/** Options of {@link https}. */
export interface HttpsOptions extends StoreWireOptions {
  /**
   * Largest object that is read.
   * @unit bytes
   * @defaultValue 1_099_511_627_776
   */
  readonly maxBytes?: number;
  /** What reading costs you. Default 0: whoever runs the server pays. */
  readonly prices?: Partial<StorePrices>;
  /** Unique among the scheduler's artifact stores. Default `https`. */
  readonly id?: string;
}

const schema = z.object({
  ...storeShape,
  maxBytes: z
    .number()
    .min(1, "must be at least 1")
    .default(1024 ** 4),
});

/**
 * Reads inputs from `https:` addresses, and from `http:` addresses whose sha256 is given, since anybody on the way can change those. Nodes get
 * the address as it is, so it has to stay valid as long as the work may last, and what its query holds becomes known to the node. At most five
 * redirects are followed, none from https to http. Credentials are never sent, and addresses with a login are refused.
 *
 * @throws INVALID_CONFIG naming the option.
 */
export function https(options: HttpsOptions = {}): ArtifactStore {
  const { id = "https", maxBytes, prices, ...rest } = validateInput(schema, options, { subject: "https" });
  const wire = storeWire(id, rest);
  const objectAt = (uri: string): UrlObject => ({ url: checkedUrl(uri), shown: shownUrl(uri), maxBytes });
  return {
    id,
    schemes: ["https", "http"],
    prices: storePrices(prices, { egressUsdPerGB: 0, storageUsdPerGBMonth: 0 }),
    erasable: false,
    ...readOnlyVerbs("https"),

    async read(uri, reading) {
      const object = objectAt(uri);
      requireDigest(object, reading);
      const bytes = await readUrlObject(wire, object, reading);
      return reading.sha256 === undefined ? bytes : checkedBytes(bytes, reading.sha256, object.shown, reading.host);
    },

    async readUrl(uri, _ttlMs, reading) {
      const object = objectAt(uri);
      requireDigest(object, reading);
      return object.url.href;
    },

    stat: async (uri, transfer) => statUrlObject(wire, objectAt(uri), transfer),
  };
}

function checkedUrl(uri: string): URL {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:"))
    throw unusableUri(shownUrl(uri), "must be an https or http address");
  if (url.username !== "" || url.password !== "")
    throw unusableUri(shownUrl(uri), "must not hold a login: it would be known to every machine that reads it");
  url.hash = "";
  return url;
}

function requireDigest({ url, shown }: UrlObject, { sha256 }: ReadOptions): void {
  if (url.protocol === "https:" || sha256 !== undefined) return;
  throw new SchedulerError("INVALID_WORKLOAD", `${shown} can be changed by anybody on the way: use https, or state its \`sha256\`.`, {
    details: { field: "sha256" },
  });
}
