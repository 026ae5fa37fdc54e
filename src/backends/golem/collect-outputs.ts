import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256File } from "../../kit/transfer/index.js";
import type { OutputArtifact, ResultManifest } from "../../model/artifact.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { OutputPlan } from "../../spec/launch.js";
import { exitCodeIn } from "./command.js";
import type { Desk } from "./desk.js";
import { toSdkError } from "./errors.js";
import { commandResult, transferLimitMs } from "./run-lease.js";
import type { Session } from "./session.js";
import { SdkFailure, type SdkThread } from "./worker/sdk-thread.js";

const LIST_LIMIT_MS = 600_000;
/** Up to here a file goes through memory, where the SDK puts its pieces into order; larger ones it writes in the order in which they come. */
const MOST_IN_MEMORY = 64 * 1_024 * 1_024;
/** Pieces that come in another order than theirs may come in the right one the next time. */
const DOWNLOAD_TRIES = 4;
const TELL_MS = 30_000;

/** Lists the files of each argument: `= <index>` where it is there, then one line per file with digest, size and path below it. */
const LIST = [
  "command -v sha256sum >/dev/null && command -v find >/dev/null || exit 3",
  "index=0",
  'for top in "$@"; do',
  '  if [ -e "$top" ]; then',
  '    echo "= $index"',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's parameter
  '    find "$top" -type f -exec sh -c \'top="$1"; shift; for file do sum="$(sha256sum < "$file")"; size="$(wc -c < "$file")"; below="${file#"$top"}"; printf "%s %s %s\\n" "${sum%% *}" "$((size))" "${below#/}"; done\' sh "$top" {} + || exit 4',
  "  fi",
  "  index=$((index + 1))",
  "done",
].join("\n");

interface FarFile {
  readonly sha256: string;
  readonly size: number;
  /** Below the declared path; empty for the path itself. */
  readonly member: string;
}

/**
 * Fetches the outputs of an exited command from its node. Their digests are worked out over there first and compared with what arrives.
 *
 * @throws OUTPUT_MISSING after exit code 0 for a required output that is not there; STAGING_FAILED; LEASE_LOST when the node is gone.
 */
export async function collectOutputs(session: Session, plan: OutputPlan, desk: Desk, call: CallContext): Promise<ResultManifest> {
  const { exitCode } = session;
  if (exitCode === undefined) throw refused(desk, "BACKEND_REJECTED", "outputs can be collected once the command has ended");
  const thread = desk.house.current(session.namespace.id);
  const outputs: OutputArtifact[] = [];
  if (plan.outputs.length > 0) {
    if (!session.isCollectable || thread === undefined) throw refused(desk, "LEASE_LOST", "the node of the outputs is gone");
    const found = await list(session, thread, plan, desk, call);
    const missing = plan.outputs.find(({ optional }, index) => !optional && found[index] === undefined);
    if (missing !== undefined && exitCode === 0) {
      throw new SchedulerError(
        "OUTPUT_MISSING",
        `The command ended with exit code 0 but there is nothing at its declared output ${missing.path}.`,
        { details: { path: missing.path } },
      );
    }
    for (const [index, { path }] of plan.outputs.entries()) {
      for (const file of found[index] ?? []) outputs.push(await fetchOne(session, thread, plan, path, file, desk, call));
    }
  }
  return { version: 1, exitCode, ...session.times, outputs, nonce: session.launch.nonce };
}

async function list(
  session: Session,
  thread: SdkThread,
  plan: OutputPlan,
  desk: Desk,
  call: CallContext,
): Promise<readonly (readonly FarFile[] | undefined)[]> {
  const args = ["-c", LIST, "sh", ...plan.outputs.map(({ path }) => path)];
  const run = { key: session.key, entryPoint: "/bin/sh", args, follow: false, silenceMs: desk.options.silenceMs };
  const answer = await order(desk, session, "look for the outputs", () =>
    thread.order("run", run, { host: call.host, signal: call.signal, limitMs: LIST_LIMIT_MS }),
  );
  const { ok, message, stdout } = commandResult.parse(answer);
  if (!ok) {
    const lacks = exitCodeIn(message) === 3 || exitCodeIn(message) === 127;
    throw refused(
      desk,
      "STAGING_FAILED",
      lacks
        ? "the image lacks sh, find or sha256sum, which collecting outputs needs"
        : `the outputs could not be listed: ${message.slice(0, 200)}`,
    );
  }
  return readList(stdout, plan.outputs.length, desk);
}

/** @throws STAGING_FAILED for a line that is none of the list's, such as the second half of a name with a line break. */
function readList(stdout: string, count: number, desk: Desk): readonly (readonly FarFile[] | undefined)[] {
  const found: (FarFile[] | undefined)[] = Array.from({ length: count }, () => undefined);
  let current: FarFile[] | undefined;
  for (const line of stdout.split("\n")) {
    if (line === "") continue;
    const index = /^= (\d+)$/.exec(line)?.[1];
    if (index !== undefined) {
      current = [];
      found[Number(index)] = current;
      continue;
    }
    const [, sha256, size, member] = /^([0-9a-f]{64}) (\d+) (.*)$/.exec(line) ?? [];
    const isOdd = member?.split("/").some((part) => part === "..") ?? true;
    if (current === undefined || sha256 === undefined || size === undefined || member === undefined || isOdd) {
      throw refused(desk, "STAGING_FAILED", "an output has a name that cannot be told, perhaps with a line break");
    }
    current.push({ sha256, size: Number(size), member });
  }
  for (const files of found) files?.sort((a, b) => (a.member < b.member ? -1 : 1));
  return found;
}

async function fetchOne(
  session: Session,
  thread: SdkThread,
  plan: OutputPlan,
  path: string,
  { member, size, sha256 }: FarFile,
  desk: Desk,
  call: CallContext,
): Promise<OutputArtifact> {
  const { host, signal } = call;
  if (size === 0) return { ...(await plan.put(path, member, { bytes: new Uint8Array() })), path, member };
  const directory = await mkdtemp(join(tmpdir(), "spillway-golem-"));
  const file = join(directory, "output");
  const from = member === "" ? path : `${path.replace(/\/$/, "")}/${member}`;
  const limitMs = transferLimitMs(size, desk.options);
  try {
    for (let tries = 1; ; tries += 1) {
      await rm(file, { force: true });
      await order(desk, session, `fetch the output ${from}`, () =>
        thread.order(
          "download",
          { key: session.key, from, file, inMemory: size <= MOST_IN_MEMORY, limitMs },
          { host, signal, limitMs: limitMs + TELL_MS },
        ),
      );
      const got = await sha256File(file, host, signal);
      if (got.sha256 === sha256) return { ...(await plan.put(path, member, { file })), path, member };
      if (tries === DOWNLOAD_TRIES) {
        throw refused(desk, "STAGING_FAILED", `the output ${from} arrived ${DOWNLOAD_TRIES} times with other bytes than the node has`);
      }
      call.logger.info({ key: session.key, tries }, "an output arrived with other bytes than the node has; it is fetched again");
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function order(desk: Desk, session: Session, doing: string, work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SdkFailure)) throw error;
    throw toSdkError(error.failure, { backend: desk.backend, doing, effect: "done", clean: session.clean });
  }
}

function refused(desk: Desk, code: "BACKEND_REJECTED" | "LEASE_LOST" | "STAGING_FAILED", what: string): SchedulerError {
  return new SchedulerError(code, `${desk.backend}: ${what}.`, { details: { backend: desk.backend } });
}
