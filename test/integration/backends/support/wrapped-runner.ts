import { wrapLaunch } from "../../../../src/data/runner/index.js";
import type { Host, Launch, Lease } from "../../../../src/kit/index.js";
import { parseManifest, runnerToken } from "../../../../src/kit/runner/index.js";
import { Secret } from "../../../../src/model/secret.js";
import { eventually } from "../../../support/eventually.js";
import { objectServer } from "../../../support/object-server.js";
import { launchOf } from "./placement.js";

const NONCE = "ab".repeat(32);

/** Real shells, on a machine that may be busy. */
export const LIMIT_MS = 120_000;

/** How a command is wrapped. */
export interface Wrapping {
  readonly argv: readonly string[];
  /** The runner stays after the end of the command. */
  readonly hold: boolean;
  /** Of the runner's status page. */
  readonly statusPort: number;
}

/** Binds a launch as the runtime would wrap it: one secret, `TOKEN`, and one output, `/out`, to a store of its own. */
export async function bindWrapped(host: Host, bind: (launch: Partial<Launch>) => Promise<Lease>, { argv, hold, statusPort }: Wrapping) {
  const store = await objectServer();
  const key = `testns-${host.newId()}`;
  const token = new Secret(runnerToken({ secret: "00" }, key, host));
  const launch = wrapLaunch(
    launchOf(key, {
      argv,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of a shell or of the platform, not ours
      secrets: { TOKEN: new Secret("a $secret ${x}") },
      outputs: [{ path: "/out", optional: false }],
      timeoutMs: 600_000,
      nonce: NONCE,
    }),
    {
      manifestPut: store.url("PUT", "manifest"),
      manifestGet: store.url("GET", "manifest"),
      outputs: { "/out": store.url("PUT", "out") },
      status: { port: statusPort, token },
    },
    { hold },
  );
  // The runner's second is short here.
  const { ref } = await bind({ ...launch, env: { ...launch.env, SPILLWAY_TICK: "0.05" } });
  const expected = { nonce: NONCE, places: { "/out": "mem:///out" } };
  const manifest = () =>
    eventually(
      () => {
        const bytes = store.objects.get("manifest");
        return bytes && parseManifest(bytes, expected);
      },
      "the manifest",
      LIMIT_MS,
    );
  return { store, ref, token, expected, manifest };
}
