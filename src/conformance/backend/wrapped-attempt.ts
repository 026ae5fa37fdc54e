import { type RunnerUrls, wrapLaunch } from "../../data/runner/index.js";
import { type AttemptPlaces, attemptPlaces } from "../../data/staging/index.js";
import { type ExpectedManifest, manifestFailure, parseManifest, runnerNonce, runnerToken } from "../../kit/runner/index.js";
import type { ResultManifest } from "../../model/artifact.js";
import type { LeaseRef } from "../../model/lease.js";
import { Secret } from "../../model/secret.js";
import type { Launch, StagedInput } from "../../spec/launch.js";
import { present } from "../clause.js";
import { type Depot, TTL_MS } from "./depot.js";
import { makeLaunch } from "./launch-parts.js";
import type { Declared } from "./native-files.js";
import type { ContainersUnderTest } from "./setup.js";
import type { BackendTrial } from "./trial.js";

/** The runner counts in ticks of so many seconds instead of whole ones, so that its patience does not take minutes. */
const TICK = "0.1";
/** Runner time per real time. */
export const HASTE = 10;
/** By the runner's clock. */
const GRACE_MS = 5_000 * HASTE;

/** What an attempt is to run. */
export interface WrappedParts {
  /** A line of shell. `hit NAME` in it leaves a trace that {@link WrappedAttempt.traces} counts; files are below `$SPILLWAY_ROOT`. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly inputs?: readonly StagedInput[];
  readonly outputs?: readonly Declared[];
  readonly launch?: Partial<Pick<Launch, "env" | "secrets" | "timeoutMs" | "maxLifetimeMs">>;
  /** Names of traces that the script may leave. Default `ran`. */
  readonly traces?: readonly string[];
}

/** One attempt under the runner, as the runtime would launch it, and what became of it. */
export interface WrappedAttempt {
  readonly key: string;
  readonly launch: Launch;
  readonly places: AttemptPlaces;
  readonly expected: ExpectedManifest;
  readonly token: Secret;
  /** How often the command left a trace. The word of the bucket's log, not of the machine. */
  readonly traces: (name?: string) => number;
  readonly manifest: () => ResultManifest | undefined;
  /** The manifest, once it is stored. */
  readonly untilManifest: () => Promise<ResultManifest>;
  /** Code of the failure that the stored manifest tells of; nothing when it is a success. */
  readonly failure: () => Promise<string | undefined>;
  /** What is stored of an output. */
  readonly output: (path: string) => Uint8Array | undefined;
}

/** Wraps a command as the runtime does, with URLs that are each good for one object of the attempt. Nothing is bound yet. */
export async function wrapAttempt(trial: BackendTrial, depot: Depot, parts: WrappedParts): Promise<WrappedAttempt> {
  const { setup, namespace } = trial;
  const { host } = trial.underTest;
  const key = trial.newKey();
  const nonce = runnerNonce(namespace, key, host);
  const token = new Secret(runnerToken(namespace, key, host));
  const { outputs = [], traces = ["ran"] } = parts;
  const places = attemptPlaces(
    depot.workspace,
    "run",
    key,
    outputs.map(({ path }) => path),
  );
  const traceOf = (name: string): string => `traces/${key}/${name}`;
  const hits = await Promise.all(
    traces.map(async (name) => [`TRACE_${name}`, new Secret(await depot.publish(traceOf(name), name))] as const),
  );
  const { inputs = [], launch: more = {} } = parts;
  const launch = makeLaunch(setup, host, key, ["sh", "-c", `${HIT}\n${parts.script}`, "command", ...(parts.args ?? [])], {
    inputs,
    outputs,
    nonce,
    ...more,
    secrets: { ...more.secrets, ...Object.fromEntries(hits) },
  });
  const wrapped = wrapLaunch(launch, await urlsOf(trial, depot, places, token), { hold: !setup.capabilities.exitCode, graceMs: GRACE_MS });
  const expected = { nonce, places: places.outputs };
  const manifest = (): ResultManifest | undefined => {
    const bytes = depot.stored(places.manifest);
    return bytes && parseManifest(bytes, expected);
  };
  const untilManifest = (): Promise<ResultManifest> =>
    trial.time.until(async () => manifest(), {
      limitMs: trial.limits.startMs + trial.limits.runMs,
      everyMs: trial.pollMs,
      what: "The runner has to store the attempt's manifest",
    });
  return {
    key,
    launch: { ...wrapped, env: { ...wrapped.env, SPILLWAY_TICK: TICK } },
    places,
    expected,
    token,
    traces: (name = "ran") => depot.requests("GetObject", traceOf(name)).length,
    manifest,
    untilManifest,
    failure: async () => manifestFailure(await untilManifest())?.code,
    output: (path) => depot.stored(places.outputs[path] ?? ""),
  };
}

/** {@link wrapAttempt}, and binds it. */
export async function startAttempt(
  trial: BackendTrial,
  depot: Depot,
  parts: WrappedParts,
): Promise<WrappedAttempt & { readonly ref: LeaseRef }> {
  const attempt = await wrapAttempt(trial, depot, parts);
  const { ref } = await trial.bound(attempt.launch.argv, { key: attempt.key, launch: attempt.launch });
  return { ...attempt, ref };
}

/** The case's other side, which really runs commands. */
export const containersOf = ({ underTest }: BackendTrial): ContainersUnderTest =>
  present("starts" in underTest ? (underTest as ContainersUnderTest) : undefined, "`containers.create` has to answer a `starts`.");

/** Fetches a trace by whatever the image has; the bucket's log remembers it. */
const HIT = 'hit() { eval "set -- \\"\\$TRACE_$1\\""; curl -qgsf -o /dev/null "$1" 2>/dev/null || wget -q -O /dev/null "$1" 2>/dev/null; }';

async function urlsOf(trial: BackendTrial, { store }: Depot, places: AttemptPlaces, token: Secret): Promise<RunnerUrls> {
  const { host } = trial.underTest;
  const { statusPort } = trial.setup.capabilities;
  const grant = present(store.grantWrite, "The store of the suite grants writes.");
  const put = (uri: string): ReturnType<typeof grant> => grant(uri, TTL_MS, { once: true }, { host });
  return {
    manifestPut: await put(places.manifest),
    manifestGet: await store.readUrl(places.manifest, TTL_MS, { host }),
    outputs: Object.fromEntries(
      await Promise.all(Object.entries(places.outputs).map(async ([path, uri]) => [path, await put(uri)] as const)),
    ),
    ...(statusPort === undefined ? {} : { status: { port: statusPort, token } }),
  };
}
