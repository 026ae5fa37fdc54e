import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { BatchApi } from "./client.js";
import type { ResolvedOptions } from "./options.js";
import { queueName, type ResolvedQueue } from "./queue-options.js";
import { queueList } from "./wire.js";

/**
 * The configured queues that exist and take jobs now. Others are left out, with a line in the log.
 *
 * @throws BACKEND_REJECTED when none of them exists: region, account or names are wrong.
 */
export async function usableQueues(
  api: BatchApi,
  id: string,
  { queues }: ResolvedOptions,
  region: string,
  call: CallContext,
): Promise<readonly ResolvedQueue[]> {
  const wanted = { jobQueues: queues.map(({ queue }) => queue) };
  const { jobQueues } = await api.read(call, "look at the queues", (sdk) => new sdk.DescribeJobQueuesCommand(wanted), queueList);
  if (jobQueues.length === 0) {
    throw new SchedulerError(
      "BACKEND_REJECTED",
      `${id} found none of its job queues in ${region}. Check \`queues\` and \`region\`, and whose credentials are used.`,
      { effect: "none", details: { backend: id, field: "queues" } },
    );
  }
  const byName = new Map(jobQueues.map((queue) => [queue.jobQueueName, queue]));
  return queues.filter(({ queue }) => {
    const found = byName.get(queueName(queue));
    const isUsable = found !== undefined && found.state !== "DISABLED" && !["INVALID", "DELETING", "DELETED"].includes(found.status);
    if (!isUsable)
      call.logger.warn(
        { backend: id, queue, state: found?.state, status: found?.status },
        "a configured job queue does not exist or takes no jobs",
      );
    return isUsable;
  });
}
