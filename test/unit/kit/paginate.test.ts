import { describe, expect, it } from "vitest";
import { batches, collectAll, paginate } from "../../../src/kit/paginate.js";
import { fc } from "../../support/property.js";

const options = { backend: "acme", what: "the jobs" };

describe("paginate", () => {
  it("gives every item once, in order, by token or by offset", async () => {
    const all = Array.from({ length: 7 }, (_, index) => index);
    const byOffset = paginate<number, number>(
      async (skip = 0) => ({ items: all.slice(skip, skip + 3), next: skip + 3 < all.length ? skip + 3 : undefined }),
      options,
    );
    expect(await collectAll(byOffset)).toEqual(all);
    const pages: Readonly<Record<string, { items: readonly string[]; next?: string }>> = {
      start: { items: ["a"], next: "t1" },
      t1: { items: [], next: "t2" },
      t2: { items: ["b"], next: "" },
    };
    const byToken = paginate<string>(async (token = "start") => pages[token] ?? { items: [] }, options);
    expect(await collectAll(byToken)).toEqual(["a", "b"]);
  });

  it("fetches no page that nobody asks for", async () => {
    let fetched = 0;
    const items = paginate<number, number>(async (skip = 0) => {
      fetched++;
      return { items: [skip], next: skip + 1 };
    }, options);
    for await (const item of items) if (item === 1) break;
    expect(fetched).toBe(2);
  });

  it("stops a service that goes round in circles", async () => {
    const items = paginate<number>(async (token) => ({ items: [1], next: token === "b" ? "a" : token === "a" ? "b" : "a" }), options);
    await expect(collectAll(items)).rejects.toMatchObject({
      code: "BACKEND_RESPONSE_INVALID",
      effect: "none",
      message: expect.stringContaining("circles"),
    });
  });

  it("stops a service that never ends", async () => {
    let fetched = 0;
    const items = paginate<number, number>(
      async (skip = 0) => {
        fetched++;
        return { items: [], next: skip + 1 };
      },
      { ...options, maxPages: 5 },
    );
    await expect(collectAll(items)).rejects.toThrow("acme: the listing of the jobs has more than 5 pages.");
    expect(fetched).toBe(5);
  });

  it("takes exactly as many pages as allowed", async () => {
    const items = paginate<number, number>(async (skip = 0) => ({ items: [skip], next: skip < 4 ? skip + 1 : undefined }), {
      ...options,
      maxPages: 5,
    });
    expect(await collectAll(items)).toHaveLength(5);
  });
});

describe("batches", () => {
  it("loses nothing and exceeds no size", () => {
    fc.assert(
      fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 10 }), (items, size) => {
        const cut = batches(items, size);
        expect(cut.flat()).toEqual(items);
        for (const batch of cut) expect(batch.length >= 1 && batch.length <= size).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
