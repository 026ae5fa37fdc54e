import { Secret } from "../../model/secret.js";
import type { Launch } from "../../spec/launch.js";
import { jobText, type RunnerOptions, type RunnerUrls } from "./job-text.js";
import { requireCarriable, requireFreeNames, unsupported } from "./requirements.js";
import { RUNNER_SCRIPT } from "./script.js";

/** Longest job text that travels in the environment, bytes. AWS Batch takes 30 KiB for a whole submission, of which the script is 18; about 8 artifacts fit. */
export const INLINE_JOB_BYTES = 8_192;

/** {@link RunnerOptions} and what is known of the launch beside them. */
export interface WrapOptions extends RunnerOptions {
  /** The job text as an object of its own: GET URL and digest of what {@link jobText} answers for the same arguments. For many artifacts. */
  readonly jobFile?: { readonly url: string; readonly sha256: string };
  /** Whether the image has a shell. Default: it has, except `scratch` and distroless images without a `debug` tag. */
  readonly shell?: boolean;
}

/** True when the job text is too long for the environment: store it and pass `jobFile`. @throws like {@link jobText} */
export function needsJobFile(launch: Launch, urls: RunnerUrls, options: RunnerOptions = {}): boolean {
  return byteLength(jobText(launch, urls, options)) > INLINE_JOB_BYTES;
}

/**
 * The launch that starts `launch`'s command under the runner: its argument vector is a shell with the runner's script and the command behind it,
 * its inputs and outputs are gone, since the runner moves them, and the job text with its URLs is among the secrets. Pure.
 *
 * @throws UNSUPPORTED_WORKLOAD, with `details.field` and for files `details.path`, when the image has no shell; when a path, variable, argument or URL would not
 * arrive as it is; and when the job text is too long and there is no `jobFile`.
 * @throws INVARIANT_BROKEN when URLs are missing.
 */
export function wrapLaunch(launch: Launch, urls: RunnerUrls, options: WrapOptions = {}): Launch {
  if (!(options.shell ?? hasShell(launch.image))) {
    throw unsupported(
      `The image ${launch.image ?? ""} has no shell, which the runner needs: add a static busybox and curl to it, or use a backend that moves files itself.`,
      { field: "image" },
    );
  }
  requireFreeNames([...Object.keys(launch.env), ...Object.keys(launch.secrets)]);
  const text = jobText(launch, urls, options);
  const { jobFile } = options;
  if (jobFile === undefined && byteLength(text) > INLINE_JOB_BYTES) {
    throw unsupported(
      `The URLs of ${launch.inputs.length} inputs and ${launch.outputs.length} outputs do not fit into the environment: pass \`jobFile\`.`,
      { field: "jobFile" },
    );
  }
  const job =
    jobFile === undefined
      ? { SPILLWAY_JOB: new Secret(text) }
      : { SPILLWAY_JOB_URL: new Secret(jobFile.url), SPILLWAY_JOB_SHA256: new Secret(jobFile.sha256.toLowerCase()) };
  const argv = ["sh", "-c", RUNNER_SCRIPT, "spillway-runner", ...launch.argv];
  const env = { ...launch.env, SPILLWAY_ATTEMPT: launch.key };
  const secrets = { ...launch.secrets, ...job };
  requireCarriable(argv, { ...env, ...Object.fromEntries(Object.entries(secrets).map(([name, secret]) => [name, secret.reveal()])) });
  const { checkpoint: _, ...rest } = launch;
  return { ...rest, argv, env, secrets, inputs: [], outputs: [] };
}

/** Images whose name says that they hold no shell. Others are probed by being started. */
function hasShell(image: string | undefined): boolean {
  if (image === undefined) return true;
  if (/^scratch(:|@|$)/.test(image)) return false;
  return !/(^|\/)distroless\//.test(image) || /:debug[^/]*$/.test(image.replace(/@.*$/, ""));
}

const byteLength = (text: string): number => new TextEncoder().encode(text).length;
