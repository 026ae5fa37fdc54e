import { inspect } from "node:util";
import { AwsClient } from "aws4fetch";
import { describe, expect, it } from "vitest";
import { type S3Options, s3 } from "../../../../src/data/s3/index.js";
import { s3Config } from "../../../../src/data/s3/s3-config.js";
import { Secret } from "../../../../src/model/secret.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";

const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" };
const nowhere = () => undefined;
const environment = (variables: Readonly<Record<string, string>>) => (name: string) => variables[name];
const configured = (options: Partial<S3Options>) => s3Config({ bucket: "acme-jobs", credentials, environment: nowhere, ...options });

/** A store whose requests go nowhere, and the addresses they would have gone to. */
function recorded(options: Partial<S3Options>) {
  const urls: string[] = [];
  const store = s3({
    bucket: "acme-jobs",
    credentials,
    environment: nowhere,
    ...options,
    fetch: async (input) => {
      urls.push(String(input));
      return new Response(null, { status: 404 });
    },
  });
  return { store, urls };
}

describe("services", () => {
  const host = createVirtualHost();

  it.each([
    [{ region: "us-east-1" }, "https://acme-jobs.s3.us-east-1.amazonaws.com/a%20b", "us-east-1", 0.09],
    [{ region: "cn-north-1" }, "https://acme-jobs.s3.cn-north-1.amazonaws.com.cn/a%20b", "cn-north-1", 0.09],
    [
      { endpoint: "https://s3.dualstack.eu-west-3.amazonaws.com" },
      "https://acme-jobs.s3.dualstack.eu-west-3.amazonaws.com/a%20b",
      "eu-west-3",
      0.09,
    ],
    [{ region: "us-east-1", bucket: "acme.jobs" }, "https://s3.us-east-1.amazonaws.com/acme.jobs/a%20b", "us-east-1", 0.09],
    [{ region: "us-east-1", pathStyle: true }, "https://s3.us-east-1.amazonaws.com/acme-jobs/a%20b", "us-east-1", 0.09],
    [{ endpoint: "https://0123.r2.cloudflarestorage.com" }, "https://0123.r2.cloudflarestorage.com/acme-jobs/a%20b", "auto", 0],
    [
      { endpoint: "https://s3.us-west-004.backblazeb2.com/" },
      "https://s3.us-west-004.backblazeb2.com/acme-jobs/a%20b",
      "us-west-004",
      0.01,
    ],
    [{ endpoint: "https://storage.googleapis.com" }, "https://storage.googleapis.com/acme-jobs/a%20b", "auto", 0.12],
    [{ endpoint: "http://127.0.0.1:9000" }, "http://127.0.0.1:9000/acme-jobs/a%20b", "us-east-1", 0.09],
    [{ endpoint: "https://x.example/storage/v1/s3/", region: "eu" }, "https://x.example/storage/v1/s3/acme-jobs/a%20b", "eu", 0.09],
    [{ endpoint: "https://minio.example", pathStyle: false }, "https://acme-jobs.minio.example/a%20b", "us-east-1", 0.09],
  ] as const)("%j is reached at %s", async (options, address, region, egress) => {
    const config = configured(options);
    expect(config.region).toBe(region);
    expect(config.prices.egressUsdPerGB).toBe(egress);
    const { store, urls } = recorded(options);
    const uri = `s3://${config.bucket}/a%20b`;
    expect(await store.stat(uri, { host })).toBeUndefined();
    expect(urls).toEqual([address]);
    const url = new URL(await store.readUrl(uri, 60_000, { host }));
    expect(`${url.origin}${url.pathname}`).toBe(address);
    expect(url.searchParams.get("X-Amz-Credential")).toContain(`/${region}/s3/aws4_request`);
  });

  it("buckets that fit no host name go into the path, also beside one that does", async () => {
    const { store, urls } = recorded({ region: "us-east-1" });
    await store.stat("s3://Other.Bucket_1/a", { host });
    expect(urls).toEqual(["https://s3.us-east-1.amazonaws.com/Other.Bucket_1/a"]);
  });

  it("what is known of them can be overridden", () => {
    expect(configured({ region: "us-east-1" })).toMatchObject({ conditionalWrites: true, digestMetadata: true, erasable: true });
    const r2 = { endpoint: "https://0123.r2.cloudflarestorage.com" };
    expect(configured(r2)).toMatchObject({ conditionalWrites: true, digestMetadata: false });
    expect(configured({ ...r2, conditionalWrites: false, digestMetadata: true, erasable: false })).toMatchObject({
      conditionalWrites: false,
      digestMetadata: true,
      erasable: false,
    });
    expect(configured({ endpoint: "https://minio.example" })).toMatchObject({ conditionalWrites: false, digestMetadata: false });
    expect(configured({ ...r2, prices: { storageUsdPerGBMonth: 1 } }).prices).toEqual({ egressUsdPerGB: 0, storageUsdPerGBMonth: 1 });
  });
});

describe("settings", () => {
  const full = { AWS_ACCESS_KEY_ID: "AKENV", AWS_SECRET_ACCESS_KEY: "from-env", AWS_REGION: "eu-central-1" };

  it("come from the environment where no option is given", async () => {
    const variables = {
      ...full,
      AWS_SESSION_TOKEN: "token",
      AWS_ENDPOINT_URL_S3: "https://minio.example",
      AWS_ENDPOINT_URL: "https://no.example",
    };
    const config = s3Config({ bucket: "acme-jobs", environment: environment(variables) });
    expect(config).toMatchObject({ region: "eu-central-1", endpoint: new URL("https://minio.example") });
    if (!("credentials" in config.identity)) throw new Error("no credentials");
    const given = await config.identity.credentials();
    expect(given.accessKeyId).toBe("AKENV");
    expect(new Secret("from-env").reveal()).toBe(given.secretAccessKey instanceof Secret ? given.secretAccessKey.reveal() : "");
    expect(given.sessionToken).toBe("token");
    expect(
      s3Config({ bucket: "acme-jobs", environment: environment({ ...full, AWS_REGION: "", AWS_DEFAULT_REGION: "sa-east-1" }) }).region,
    ).toBe("sa-east-1");
  });

  it("of AWS do not change what another service's endpoint says", () => {
    const config = s3Config({ bucket: "acme-jobs", endpoint: "https://0.r2.cloudflarestorage.com", environment: environment(full) });
    expect(config.region).toBe("auto");
  });

  it.each([
    [{ AWS_SECRET_ACCESS_KEY: "x", AWS_REGION: "r" }, "credentials", "AWS_ACCESS_KEY_ID"],
    [{ AWS_ACCESS_KEY_ID: "x", AWS_REGION: "r" }, "credentials", "AWS_SECRET_ACCESS_KEY"],
    [{ AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "y" }, "region", "AWS_REGION"],
  ])("that are missing are named: %j", (variables, field, variable) => {
    expect(() => s3({ bucket: "acme-jobs", environment: environment(variables) })).toThrow(
      expect.objectContaining({ code: "INVALID_CONFIG", message: expect.stringContaining(variable), details: { field, variable } }),
    );
  });

  it("never join a key of the options with a secret of the environment", () => {
    expect(() => s3({ bucket: "acme-jobs", credentials: { accessKeyId: "AK" } as never, environment: environment(full) })).toThrow(
      expect.objectContaining({ code: "INVALID_CONFIG" }),
    );
  });

  it.each([
    [undefined, "bucket"],
    [{ bucket: "No_Bucket" }, "bucket"],
    [{ bucket: "s3://bucket" }, "bucket"],
    [{ prefix: "/a/" }, "prefix"],
    [{ prefix: "a" }, "prefix"],
    [{ prefix: "a/../b/" }, "prefix"],
    [{ endpoint: "minio" }, "endpoint"],
    [{ endpoint: "ftp://minio" }, "endpoint"],
    [{ endpoint: "https://user:pass@minio" }, "endpoint"],
    [{ endpoint: "https://minio/?a" }, "endpoint"],
    [{ partBytes: 5 * 1024 ** 2 - 1 }, "partBytes"],
    [{ partBytes: 2 ** 40 }, "partBytes"],
    [{ concurrency: 0 }, "concurrency"],
    [{ retries: 1.5 }, "retries"],
    [{ timeoutMs: 0 }, "timeoutMs"],
    [{ singleCopyBytes: 6e9 }, "singleCopyBytes"],
    [{ prices: { egressUsdPerGB: -1 } }, "prices.egressUsdPerGB"],
    [{ serverSideEncryption: "aes" }, "serverSideEncryption"],
    [{ signer: {} }, "signer"],
    [{ credentials: "AKIA:secret" }, "credentials"],
    [{ buckt: "a" }, "buckt"],
    [{ id: "" }, "id"],
  ])("that make no sense are refused by name: %j", (options, field) => {
    const given = options === undefined ? undefined : { bucket: "acme-jobs", region: "r", credentials, environment: nowhere, ...options };
    expect(() => s3(given as never)).toThrow(expect.objectContaining({ code: "INVALID_CONFIG", details: { field } }));
  });

  it("are not shown, whatever is printed", () => {
    const store = s3({ bucket: "acme-jobs", region: "us-east-1", credentials, environment: nowhere });
    expect(inspect(store, { depth: 9, showHidden: true })).not.toContain(credentials.secretAccessKey);
    expect(JSON.stringify(store)).not.toContain(credentials.secretAccessKey);
    expect(() => s3({ bucket: "acme-jobs", region: "r", credentials: { ...credentials, extra: 1 } as never })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(credentials.secretAccessKey) }),
    );
  });
});

describe("signing", () => {
  // The presigned GET of the Amazon S3 API reference, which is for a URL in the old global form.
  const AWS_EXAMPLE = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

  it("gives the URL of the example that AWS published", async () => {
    const host = createVirtualHost({ startMs: Date.UTC(2013, 4, 24) });
    const store = s3({
      bucket: "examplebucket",
      endpoint: "https://s3.amazonaws.com",
      region: "us-east-1",
      credentials,
      environment: nowhere,
    });
    const url = new URL(await store.readUrl("s3://examplebucket/test.txt", 86_400_000, { host }));
    expect(url.host).toBe("examplebucket.s3.amazonaws.com");
    expect(url.searchParams.get("X-Amz-Signature")).toBe(AWS_EXAMPLE);
  });

  it("is left to a signer of the caller's own, with the host's time and the store's region", async () => {
    const host = createVirtualHost({ startMs: Date.UTC(2013, 4, 24) });
    const signer = new AwsClient(credentials);
    const store = s3({ bucket: "examplebucket", endpoint: "https://s3.amazonaws.com", region: "us-east-1", signer, environment: nowhere });
    expect(await store.readUrl("s3://examplebucket/test.txt", 86_400_000, { host })).toContain(AWS_EXAMPLE);
  });

  it("asks a function for credentials when they are needed, and anew before they end", async () => {
    const host = createVirtualHost();
    const hour = 3_600_000;
    let asked = 0;
    const temporary = async () => {
      asked += 1;
      return { ...credentials, accessKeyId: `ASIA${asked}`, sessionToken: "t", expiresAtMs: host.now() + hour };
    };
    const store = s3({ bucket: "acme-jobs", region: "us-east-1", credentials: temporary, environment: nowhere });
    expect(asked).toBe(0);
    const keyOf = async () =>
      new URL(await store.readUrl("s3://acme-jobs/a", 1_000, { host })).searchParams.get("X-Amz-Credential")?.split("/")[0];
    expect([await keyOf(), await keyOf()]).toEqual(["ASIA1", "ASIA1"]);
    await host.advance(hour - 301_000);
    expect(await keyOf()).toBe("ASIA1");
    await host.advance(2_000);
    expect(await keyOf()).toBe("ASIA2");
    expect(asked).toBe(2);
  });
});
