import { needsJobFile, type RunnerUrls, wrapLaunch } from "../../../data/runner/index.js";
import { Secret } from "../../../model/secret.js";
import type { Launch } from "../../../spec/launch.js";
import { must, present } from "../../clause.js";
import { makeLaunch } from "../launch-parts.js";
import type { ReceivedLaunch } from "../setup.js";
import type { BackendTrial } from "../trial.js";
import { type BackendClause, hasRecordingLaunch } from "./clause-type.js";

/** Texts that shells, templates, YAML and JSON have eaten before. */
export const ODD_TEXTS: readonly string[] = [
  "plain",
  "two  words",
  "",
  "'single' \"double\"",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's placeholder, not ours
  "$HOME ${HOME} $(id) `id` %PATH%",
  "$$ $(VAR) Ref::name {{mustache}} <%= erb %> #{ruby}",
  "a;b|c&d>e<f",
  "back\\slash \\n",
  "line one\nline two\n",
  "tab\tand \u00a0 space ",
  "Ünïcödé ☂ 𝄞",
  "--flag=value",
  "-",
  "*.txt ?[a] ~",
  "null",
  "0123",
  "yes: no # comment",
];

/** Runs a launch that records what arrives, to its end, and answers what arrived. */
async function arrived(trial: BackendTrial, args: readonly string[], parts: Partial<Launch> = {}): Promise<ReceivedLaunch> {
  const record = present(trial.setup.launches.record, "The setup has no launch that records what arrives.");
  const { ref } = await trial.bound(record(args), { launch: parts, ...(parts.key === undefined ? {} : { key: parts.key }) });
  await trial.untilExited(ref);
  const received = present(trial.underTest.received, "`launches.record` is given, so `create` has to answer a `received`.");
  const launches = await received(ref.key);
  trial.expect(launches.length, "number of times that the launch ran").toBe(1);
  return present(launches[0], "Nothing arrived.");
}

export const carryingClauses: readonly BackendClause[] = [
  {
    id: "backend/bind/arguments-arrive-unchanged",
    rule: "The command gets its arguments one by one as they were given: spaces, quotes, dollars, newlines, empty ones.",
    inapplicable: hasRecordingLaunch,
    run: async (trial) => {
      trial.expect((await arrived(trial, ODD_TEXTS)).args, "arguments that arrived").toEqual(ODD_TEXTS);
    },
  },
  {
    id: "backend/bind/environment-arrives-unchanged",
    rule: "The command gets its environment variables as they were given.",
    inapplicable: hasRecordingLaunch,
    run: async (trial) => {
      const env = Object.fromEntries(ODD_TEXTS.map((text, index) => [`ODD_${index}`, text]));
      const received = await arrived(trial, [], { env });
      const got = Object.fromEntries(Object.keys(env).map((name) => [name, received.env[name]]));
      trial.expect(got, "variables that arrived").toEqual(env);
    },
  },
  {
    id: "backend/bind/secrets-arrive",
    rule: "The command finds secrets in its environment, beside the other variables.",
    inapplicable: hasRecordingLaunch,
    run: async (trial) => {
      const value = `s3cr3t ${trial.host.randomHex(8)} $x`;
      const { env } = await arrived(trial, [], { env: { OTHER: "here" }, secrets: { API_TOKEN: new Secret(value) } });
      trial.expect([env["API_TOKEN"], env["OTHER"]], "the secret and a variable beside it").toEqual([value, "here"]);
    },
  },
  {
    id: "backend/bind/urls-arrive",
    rule: "With `sidecar` staging, helper containers get the URLs of every input, output and manifest.",
    proves: "staging",
    inapplicable: (setup) =>
      setup.capabilities.staging === "sidecar" ? hasRecordingLaunch(setup) : `Staging is declared as \`${setup.capabilities.staging}\`.`,
    run: async (trial) => {
      const base = "https://storage.example/bucket";
      const urls = ["in?sig=1", "out?sig=2&x=%20", "manifest?sig=3"].map((name) => `${base}/${name}`);
      const [input = "", output = "", manifestUrl = ""] = urls;
      const received = await arrived(trial, [], {
        inputs: [{ path: "/in/a", url: input }],
        outputs: [{ path: "/out/b", optional: true, uri: "s3://bucket/b", url: output }],
        manifestUrl,
      });
      for (const url of urls) must(received.urls?.includes(url) ?? false, `Nobody at the other side was given ${url}.`);
    },
  },
  {
    id: "backend/bind/wrapped-command-arrives",
    rule: "With `wrapper` staging the runner's script, command and job text arrive as they are, also as long as they get.",
    proves: "staging",
    inapplicable: (setup) =>
      setup.capabilities.staging === "wrapper" ? hasRecordingLaunch(setup) : `Staging is declared as \`${setup.capabilities.staging}\`.`,
    run: async (trial) => {
      const wrapped = longestWrapped(trial);
      const received = await arrived(trial, wrapped.argv, { key: wrapped.key, env: wrapped.env, secrets: wrapped.secrets });
      trial.expect(received.args, "arguments that arrived").toEqual(wrapped.argv);
      const job = wrapped.secrets["SPILLWAY_JOB"]?.reveal();
      const { SPILLWAY_JOB, SPILLWAY_ATTEMPT } = received.env;
      trial.expect([SPILLWAY_JOB, SPILLWAY_ATTEMPT], "the job text and the attempt").toEqual([job, wrapped.key]);
    },
  },
];

/** A launch under the runner, with as long a job text as travels in the environment, or nearly. */
function longestWrapped(trial: BackendTrial): Launch {
  const { setup, host } = trial;
  const signed = (name: string): string => `https://storage.example/bucket/${name}?X-Amz-Signature=${host.randomHex(200)}&x=%20$1`;
  const key = trial.newKey();
  const options = { hold: !setup.capabilities.exitCode };
  const wrap = (count: number): [Launch, RunnerUrls] => {
    const outputs = Array.from({ length: count }, (_, index) => ({ path: `/out/part ${index}`, optional: false }));
    const launch = makeLaunch(setup, host, key, ["python", "-c", "print('x')", "--"], { outputs });
    const urls = Object.fromEntries(outputs.map(({ path }, index) => [path, signed(`out-${index}`)]));
    return [launch, { manifestPut: signed("manifest"), manifestGet: signed("manifest"), outputs: urls }];
  };
  let fits = wrap(0);
  for (let count = 1; ; count += 1) {
    const next = wrap(count);
    if (needsJobFile(...next, options)) return wrapLaunch(...fits, options);
    fits = next;
  }
}
