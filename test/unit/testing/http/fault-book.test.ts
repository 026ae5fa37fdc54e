import { expect, test } from "vitest";
import { FaultBook } from "../../../../src/testing/http/fault-book.js";

type Operation = "read" | "write" | "gatewayRead";

test("the oldest rule that fits strikes first, as often as it says, once by default", () => {
  const book = new FaultBook<string, Operation>();
  book.add({ fault: "write fails", operation: "write" });
  book.add({ fault: "anything fails", times: 2 });
  expect([book.strike("read"), book.strike("write"), book.strike("write"), book.strike("write")]).toEqual([
    "anything fails",
    "write fails",
    "anything fails",
    undefined,
  ]);
});

test("a rule without an operation strikes only what counts among any; a named one always", () => {
  const book = new FaultBook<string, Operation>((operation) => !operation.startsWith("gateway"));
  book.add({ fault: "anything fails", times: Number.POSITIVE_INFINITY });
  expect(book.strike("gatewayRead")).toBeUndefined();
  book.add({ fault: "the gateway fails", operation: "gatewayRead" });
  expect(book.strike("gatewayRead")).toBe("the gateway fails");
  expect(book.strike("read")).toBe("anything fails");
});

test("nothing strikes once it was cleared", () => {
  const book = new FaultBook<string, Operation>();
  book.add({ fault: "anything fails", times: 2 });
  book.strike("read");
  book.clear();
  expect(book.strike("read")).toBeUndefined();
});
