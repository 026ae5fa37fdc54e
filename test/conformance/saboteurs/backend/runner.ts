// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of a shell, not ours
/** Backends, and platforms behind them, on which the real runner does not do what it should. */
import { Secret } from "../../../../src/model/secret.js";
import type { Backend } from "../../../../src/spec/backend.js";
import type { CallContext } from "../../../../src/spec/call-context.js";
import type { Launch, Placement } from "../../../../src/spec/launch.js";
import type { MarketClient } from "../../../../src/testing/marketplace/index.js";
import { type MarketContainers, marketContainersSetup } from "../../backends/marketplace-containers-setup.js";
import type { BackendSaboteur, StatusReport } from "./saboteur.js";

type Spoil = (backend: MarketClient, world: MarketContainers) => Backend;

/** A market of bare containers behind a spoilt backend. What it has to do and does not is not waited for as long as in earnest. */
function saboteur(
  name: string,
  wrong: string,
  spoil: Spoil,
  more: { readonly statusPort?: number; readonly runMs?: number } = {},
): BackendSaboteur {
  const { statusPort, runMs = 3_500 } = more;
  const options = statusPort === undefined ? {} : { capabilities: { statusPort } };
  const setup = marketContainersSetup((world) => ({ ...world, backend: spoil(world.market, world) }), options);
  const limits = { startMs: 1_500, runMs, answerMs: 5_000, observeMs: 300 };
  return { clause: `backend/runner/${name}`, wrong, setup: { ...setup, containers: { ...setup.containers, limits } } };
}

const withLaunch =
  (change: (launch: Launch) => Launch): Spoil =>
  (backend) => ({ ...backend, bind: (placement, call) => backend.bind({ ...placement, launch: change(placement.launch) }, call) });

/** The text with one thing changed; what is to be changed has to be there. */
function changed(text: string, from: string | RegExp, to: string): string {
  const result = text.replace(from, () => to);
  if (result === text) throw new Error(`There is nothing like ${String(from)} to spoil: has the runner changed?`);
  return result;
}

/** Starts a runner of its own instead of the given one. */
const withScript = (from: string | RegExp, to: string): Spoil =>
  withLaunch((launch) => ({ ...launch, argv: launch.argv.map((text, index) => (index === 2 ? changed(text, from, to) : text)) }));

/** Changes a line of the job text, given its kind. */
const withJobLine = (kind: string, change: (words: readonly string[]) => readonly string[]): Spoil =>
  withLaunch((launch) => {
    const job = launch.secrets["SPILLWAY_JOB"]?.reveal() ?? "";
    const lines = job
      .split("\n")
      .map((line) => (line.startsWith(`${kind} `) ? [kind, ...change(line.split(" ").slice(1))].join(" ") : line));
    return { ...launch, secrets: { ...launch.secrets, SPILLWAY_JOB: new Secret(changed(job, job, lines.join("\n"))) } };
  });

const withStatus =
  (change: (report: StatusReport) => StatusReport): Spoil =>
  (backend) => ({
    ...backend,
    inspect: async (refs, call) =>
      (await backend.inspect(refs, call)).map((report) => (report.kind === "status" ? change(report) : report)),
  });

/** Starts each launch after the first with something of the first one's. */
const withFirst = (mix: (launch: Launch, first: Launch) => Launch): Spoil => {
  return (backend) => {
    let first: Launch | undefined;
    return {
      ...backend,
      bind: (placement, call) => {
        first ??= placement.launch;
        return backend.bind({ ...placement, launch: mix(placement.launch, first) }, call);
      },
    };
  };
};

const urlIn = ({ launch }: Placement): string => /https?:\S+Signature=\S+/.exec(launch.secrets["SPILLWAY_JOB"]?.reveal() ?? "")?.[0] ?? "";

export const runnerSaboteurs: readonly BackendSaboteur[] = [
  saboteur(
    "inputs-are-exact",
    "makes every line end as its own system ends them",
    withScript('mv -f "$4.spillway" "$4" || return 80', 'sed "s/\\r$//" <"$4.spillway" >"$4"'),
  ),
  saboteur("outputs-are-exact", "sends outputs as a form would", withScript('-T "$3"', '-X PUT -H Content-Type: --data "@$3"')),
  saboteur(
    "directories-become-archives",
    "packs a directory with its own name",
    withScript('-C "$spw_at" . &&', '-C "${spw_at%/*}" "${spw_at##*/}" &&'),
  ),
  saboteur(
    "command-is-as-it-was",
    "puts variables in, as an orchestrator does",
    withLaunch((launch) => ({ ...launch, argv: launch.argv.map((text, index) => (index > 5 ? text.replaceAll("$$", "$") : text)) })),
  ),
  saboteur("wrong-input-runs-nothing", "starts a runner that compares nothing", withScript('[ "$1" = - ] || [ "$1" = "$2" ]', ":")),
  saboteur(
    "expired-url-runs-nothing",
    "goes on without what cannot be had",
    withScript('*) spw_fail 80 fetch "$2: $spw_what" ;;', "*) ;;"),
  ),
  saboteur(
    "missing-output",
    "takes every output for optional",
    withJobLine("out", ([, ...rest]) => ["optional", ...rest]),
  ),
  saboteur(
    "missing-optional-output",
    "takes every output for required",
    withJobLine("out", ([, ...rest]) => ["required", ...rest]),
  ),
  saboteur(
    "failure-keeps-outputs",
    "stores nothing of a failed command",
    withScript("spw_each out spw_store_output\n", '[ "$spw_result" -ne 0 ] || spw_each out spw_store_output\n'),
  ),
  saboteur(
    "refused-upload-is-no-success",
    "takes a refused upload for a warning",
    withScript('spw_unless_failed 83 upload "output $4: $spw_what"', 'spw_say "output $4: $spw_what"'),
  ),
  saboteur(
    "manifest-is-the-evidence",
    "calls everything that runs a success",
    withStatus((report) => (report.phase === "running" ? { ...report, phase: "exited", exitCode: 0 } : report)),
  ),
  saboteur("manifest-is-in-the-log", "cuts lines at a thousand characters", (backend) => ({
    ...backend,
    async *logs(ref, call) {
      for await (const chunk of backend.logs(ref, call)) yield { ...chunk, text: chunk.text.replace(/.{1000}/g, "$&\n") };
    },
  })),
  saboteur(
    "status-port-answers",
    "names the port of something else",
    withStatus((report) => ({ ...report, endpoint: "http://127.0.0.1:9" })),
    { statusPort: 9 },
  ),
  saboteur(
    "attempts-are-apart",
    "starts all containers with the variables of the first",
    withFirst((launch, first) => ({ ...launch, env: first.env, secrets: first.secrets })),
  ),
  saboteur(
    "runs-once-though-restarted",
    "gives the runner no address to ask at",
    withJobLine("manifest", ([put = "", , ...rest]) => [put, "-", ...rest]),
  ),
  saboteur("restart-in-the-middle-starts-afresh", "clears secrets away once a container was started", (backend, { market }) => ({
    ...backend,
    bind: async (placement, call) => {
      const secrets = { ...placement.launch.secrets };
      const lease = await backend.bind({ ...placement, launch: { ...placement.launch, secrets } }, call);
      const forget = (): void => {
        if (market.leases().some(({ key, phase }) => key === placement.key && phase === "running"))
          for (const name of Object.keys(secrets)) delete secrets[name];
        else call.host.setTimer(5, forget);
      };
      forget();
      return lease;
    },
  })),
  saboteur(
    "hold-is-bounded",
    "tells the runner to exit after its work",
    withJobLine("times", ([timeout = "", grace = "", lifetime = ""]) => [timeout, grace, lifetime, "exit"]),
  ),
  saboteur(
    "hold-is-bounded",
    "tells nobody of the lifetime",
    withJobLine("times", ([timeout = "", grace = "", , after = ""]) => [timeout, grace, "86400", after]),
    { runMs: 8_000 },
  ),
  saboteur(
    "timeout-ends-the-command",
    "tells nobody of the timeout",
    withJobLine("times", ([, ...rest]) => ["86400", ...rest]),
  ),
  saboteur(
    "lifetime-ends-the-command",
    "tells nobody of the lifetime",
    withJobLine("times", ([timeout = "", grace = "", , after = ""]) => [timeout, grace, "86400", after]),
  ),
  saboteur("release-reaches-the-command", "kills at once", (backend) => ({
    ...backend,
    release: (ref, _how, call) => backend.release(ref, { graceMs: 0 }, call),
  })),
  saboteur(
    "killed-while-storing-is-no-success",
    "stores the manifest before the outputs",
    withScript(
      "spw_each out spw_store_output\n",
      `printf '{"version":1,"nonce":"%s","exitCode":0,"outputs":[]}' "$spw_nonce" >"$spw_dir/early"
spw_transfer PUT "$spw_put" "$spw_dir/early" "$spw_set"
spw_each out spw_store_output
`,
    ),
  ),
  saboteur("killed-while-storing-is-no-success", "calls what was released a success", (backend) => {
    const released = new Set<string>();
    return {
      ...backend,
      release: async (ref, how, call) => {
        released.add(ref.key);
        return backend.release(ref, how, call);
      },
      inspect: async (refs, call) =>
        (await backend.inspect(refs, call)).map((report) =>
          report.kind === "status" && released.has(report.key) ? { ...report, phase: "exited", exitCode: 0 } : report,
        ),
    };
  }),
  saboteur("urls-stay-secret", "logs where results go", (backend) => ({
    ...backend,
    bind: (placement: Placement, call: CallContext) => {
      call.logger.debug({ manifest: urlIn(placement) }, "binding");
      return backend.bind(placement, call);
    },
  })),
  saboteur(
    "urls-stay-secret",
    "has a runner that prints what it fetches",
    withScript("spw_each in spw_fetch_input", 'cat "$spw_dir/job"\nspw_each in spw_fetch_input'),
  ),
];
