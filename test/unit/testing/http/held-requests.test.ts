import { expect, test } from "vitest";
import { HeldRequests } from "../../../../src/testing/http/held-requests.js";

const request = (id?: string) => ({ headers: id === undefined ? {} : { "x-request-id": id } });

test("a request is held by its name until it is let go, and stands for no other", () => {
  const held = new HeldRequests();
  const letGo = held.hold(request("one"));
  expect([held.has("one"), held.has("two"), held.count]).toEqual([true, false, 1]);
  letGo();
  letGo();
  expect([held.has("one"), held.count]).toEqual([false, 0]);
});

test("one that is held twice is held until both have let it go", () => {
  const held = new HeldRequests();
  const first = held.hold(request("one"));
  const second = held.hold(request("one"));
  first();
  expect([held.has("one"), held.count]).toEqual([true, 1]);
  second();
  expect(held.has("one")).toBe(false);
});

test("one without a name only counts", () => {
  const held = new HeldRequests();
  held.hold(request());
  expect([held.count, held.has("")]).toEqual([1, false]);
});
