import { describe, expect, it } from "vitest";
import { canonicalRequest, parseQuery, type SignedParts, signatureOf, uriEncode } from "../../../../src/testing/s3/signature.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";

const host = createVirtualHost();
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
// The key pair, time and requests of the examples in the Amazon S3 API reference ("Authenticating Requests", Signature Version 4).
const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const SCOPE = { timestamp: "20130524T000000Z", region: "us-east-1" };
const HOST = ["host", "examplebucket.s3.amazonaws.com"] as const;
const DATE = ["x-amz-date", "20130524T000000Z"] as const;

const examples: Readonly<Record<string, { readonly parts: SignedParts; readonly signature: string }>> = {
  "GET Object with a range": {
    parts: {
      method: "GET",
      rawPath: "/test.txt",
      query: [],
      headers: [HOST, ["range", "bytes=0-9"], ["x-amz-content-sha256", EMPTY], DATE],
      payload: EMPTY,
    },
    signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
  "PUT Object whose key has a dollar sign": {
    parts: {
      method: "PUT",
      rawPath: "/test$file.text",
      query: [],
      headers: [
        ["date", "Fri, 24 May 2013 00:00:00 GMT"],
        HOST,
        ["x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"],
        DATE,
        ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
      ],
      payload: "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
    },
    signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  },
  "GET Bucket Lifecycle, a parameter without value": {
    parts: {
      method: "GET",
      rawPath: "/",
      query: parseQuery("lifecycle"),
      headers: [HOST, ["x-amz-content-sha256", EMPTY], DATE],
      payload: EMPTY,
    },
    signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  },
  "List Objects, parameters out of order": {
    parts: {
      method: "GET",
      rawPath: "/",
      query: parseQuery("prefix=J&max-keys=2"),
      headers: [DATE, HOST, ["x-amz-content-sha256", EMPTY]],
      payload: EMPTY,
    },
    signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  },
  "presigned GET": {
    parts: {
      method: "GET",
      rawPath: "/test.txt",
      query: parseQuery(
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request" +
          "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host",
      ),
      headers: [HOST],
      payload: "UNSIGNED-PAYLOAD",
    },
    signature: "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  },
};

describe("examples published by AWS", () => {
  it.each(Object.entries(examples))("%s", (_name, { parts, signature }) => {
    expect(signatureOf(parts, SECRET, SCOPE, host)).toBe(signature);
  });

  it("another secret, region, day or time gives another signature", () => {
    const { parts, signature } = Object.values(examples)[0] ?? { parts: undefined, signature: "" };
    if (parts === undefined) throw new Error("no example");
    const others = [
      signatureOf(parts, `${SECRET}x`, SCOPE, host),
      signatureOf(parts, SECRET, { ...SCOPE, region: "us-east-2" }, host),
      signatureOf(parts, SECRET, { ...SCOPE, timestamp: "20130525T000000Z" }, host),
      signatureOf(parts, SECRET, { ...SCOPE, timestamp: "20130524T000001Z" }, host),
      signatureOf(parts, "s".repeat(200), SCOPE, host),
    ];
    expect(new Set([...others, signature]).size).toBe(others.length + 1);
  });
});

describe("the canonical form", () => {
  const parts: SignedParts = {
    method: "GET",
    rawPath: "/b/a%20b%2Bc/%C3%A4//%E2%82%AC",
    query: parseQuery("b=2&a=x+y&a=%C3%A4&c"),
    headers: [
      ["x-amz-meta-a", "  two   blanks "],
      ["host", "h"],
    ],
    payload: "UNSIGNED-PAYLOAD",
  };

  it("encodes names once, sorts, trims, and leaves the path untidied", () => {
    expect(canonicalRequest(parts)).toBe(
      [
        "GET",
        "/b/a%20b%2Bc/%C3%A4//%E2%82%AC",
        "a=%C3%A4&a=x%2By&b=2&c=",
        "host:h",
        "x-amz-meta-a:two blanks",
        "",
        "host;x-amz-meta-a",
        "UNSIGNED-PAYLOAD",
      ].join("\n"),
    );
  });

  it("encodes everything but unreserved characters", () => {
    expect(uriEncode("aZ09-_.~!*'()/ +%&=€")).toBe("aZ09-_.~%21%2A%27%28%29%2F%20%2B%25%26%3D%E2%82%AC");
    expect(uriEncode("a/b c", "/")).toBe("a/b%20c");
  });
});
