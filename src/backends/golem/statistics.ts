import { z } from "zod";
import { createHttp } from "../../kit/http/create-http.js";
import { omitUndefined } from "../../kit/omit-undefined.js";
import type { CallContext } from "../../spec/call-context.js";
import type { ResolvedOptions } from "./options.js";

const record = z.looseObject({
  node_id: z.string().min(1),
  online: z.boolean().nullish(),
  wallet: z.string().nullish(),
  computing_now: z.boolean().nullish(),
  runtimes: z
    .record(
      z.string(),
      z.looseObject({
        properties: z.record(z.string(), z.unknown()).nullish(),
        data_fresh: z.boolean().nullish(),
      }),
    )
    .nullish(),
});

/** A node that the public statistics have seen lately. */
export interface SeenNode {
  readonly node: string;
  readonly wallet: string | undefined;
  /** Properties of its offer, as it made them itself. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/**
 * Nodes that are online with the runtime and not at work, by Golem's public statistics service. A source of estimates only: it is somebody's server with
 * somebody's numbers, and its records may be of another form by tomorrow. Records that make no sense are passed over.
 *
 * @throws what HTTP fails with, all of effect `none`.
 */
export async function seenNodes(
  backend: string,
  runtime: string,
  options: Pick<ResolvedOptions, "statisticsUrl" | "timeoutMs" | "fetch">,
  call: CallContext,
): Promise<readonly SeenNode[]> {
  const http = createHttp({
    backend,
    baseUrl: options.statisticsUrl.replace(/\/+$/, ""),
    timeoutMs: options.timeoutMs,
    ...omitUndefined({ fetch: options.fetch }),
  });
  const records = await http.get(call, "/network/online").json(z.array(z.unknown()));
  return records.flatMap((given) => {
    const parsed = record.safeParse(given);
    if (!parsed.success) return [];
    const { node_id: node, online, computing_now: isBusy, wallet, runtimes } = parsed.data;
    const found = runtimes?.[runtime];
    if (online === false || isBusy === true || found?.data_fresh === false || found?.properties == null) return [];
    return [{ node, wallet: wallet ?? undefined, properties: found.properties }];
  });
}
