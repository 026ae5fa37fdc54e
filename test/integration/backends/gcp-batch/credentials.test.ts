import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { gcpBatch } from "../../../../src/backends/gcp-batch/index.js";
import { testCallContext } from "../../../../src/testing/call-context.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";

// The library looks at these by itself. "none": it does not look for a metadata server, so nothing leaves this machine.
const CHANGED = { METADATA_SERVER_DETECTION: "none", GOOGLE_APPLICATION_CREDENTIALS: undefined, CLOUDSDK_CONFIG: undefined } as const;
const before = new Map<string, string | undefined>();
let home = "";

function setVariable(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "spillway-gcp-home-"));
  for (const [name, value] of Object.entries({ ...CHANGED, HOME: home })) {
    before.set(name, process.env[name]);
    setVariable(name, value);
  }
});

afterEach(() => {
  for (const [name, value] of before) setVariable(name, value);
  rmSync(home, { recursive: true, force: true });
});

const shapes = [{ machineType: "n4-standard-2", provisioning: "spot", cpu: 2, memory: "8GiB", usdPerHour: 0.04 }] as const;
const demand = { cpu: 1, memoryMiB: 512, diskMiB: 512, image: true, interruptible: true, maxLifetimeMs: 3_600_000 };

/** An unhandled rejection, which a client without credentials is prone to, fails the whole file. */
async function refusal(options: { readonly keyFilename?: string }): Promise<unknown> {
  const backend = gcpBatch({ project: "acme-jobs", location: "us-central1", shapes, ...options });
  const call = () => testCallContext({ host: createVirtualHost() });
  const errors = [];
  for (const ask of [() => backend.listOffers(demand, call()), () => backend.listLeases(call())]) {
    errors.push(
      await ask().then(
        () => undefined,
        (thrown: unknown) => thrown,
      ),
    );
  }
  await backend.close?.();
  // A turn for rejections that nobody handles to show.
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
  expect(errors[1]).toEqual(errors[0]);
  return errors[0];
}

test("missing credentials are a coded error from every verb, and no crash", async () => {
  expect(await refusal({})).toMatchObject({
    code: "BACKEND_AUTH_FAILED",
    effect: "none",
    message: expect.stringContaining("gcloud auth application-default login"),
  });
});

test("a key file that is not there, or is no JSON, is one too, and nothing of it is shown", async () => {
  expect(await refusal({ keyFilename: join(home, "absent.json") })).toMatchObject({ code: "BACKEND_AUTH_FAILED", effect: "none" });
  const file = join(home, "key.json");
  writeFileSync(file, "private-key-material {");
  setVariable("GOOGLE_APPLICATION_CREDENTIALS", file);
  const error = await refusal({});
  expect(error).toMatchObject({ code: "BACKEND_AUTH_FAILED", effect: "none" });
  expect(String(error) + JSON.stringify(error)).not.toContain("private-key-material");
});
