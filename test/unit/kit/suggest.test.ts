import { describe, expect, it } from "vitest";
import { suggest } from "../../../src/kit/suggest.js";

const KEYS = ["apiKey", "baseUrl", "timeoutMs", "region"];

describe("suggest", () => {
  it.each([
    ["apikey", "apiKey"],
    ["api_key", "apiKey"],
    ["apiKye", "apiKey"],
    ["baseURL", "baseUrl"],
    ["timeoutMS", "timeoutMs"],
    ["timeout", "timeoutMs"],
    ["regoin", "region"],
  ])("%s means %s", (word, meant) => {
    expect(suggest(word, KEYS)).toBe(meant);
  });

  it.each(["colour", "x", "", "key"])("%j means none of them", (word) => {
    expect(suggest(word, KEYS)).toBeUndefined();
  });

  it("takes the nearest of several", () => {
    expect(suggest("regions", ["legion", "region"])).toBe("region");
  });
});
