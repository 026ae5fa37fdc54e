import { describe, expect, it } from "vitest";
import { z } from "zod";
import { readLines, readNdjson, readSse } from "../../../../src/kit/http/streams.js";
import { collectAll } from "../../../../src/kit/paginate.js";
import { fc } from "../../../support/property.js";
import { rejection } from "../make-call.js";

const limit = { backend: "acme", method: "GET", path: "/log", safe: true, maxLength: 1_000 };

/** The bytes of a text, cut at the given places, so that characters and line ends are torn apart. */
async function* cut(text: string, places: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  for (const [index, end] of [...at, bytes.length].entries()) yield bytes.subarray(index === 0 ? 0 : at[index - 1], end);
}

const places = fc.array(fc.nat(), { maxLength: 30 });

describe("readLines", () => {
  it("does not depend on where the chunks are cut", async () => {
    const line = fc.string({ unit: fc.constantFrom("a", "é", "😀", " ", "\t") });
    const end = fc.constantFrom("\n", "\r\n", "\r");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(line, end), { maxLength: 12 }), places, async (lines, at) => {
        // A lone CR before an empty line that ends in LF reads as CRLF by the very definition, so such texts are left out.
        fc.pre(!lines.some(([, ending], index) => ending === "\r" && lines[index + 1]?.[0] === "" && lines[index + 1]?.[1] === "\n"));
        const text = lines.map((pair) => pair.join("")).join("");
        expect(await collectAll(readLines(cut(text, at), limit))).toEqual(lines.map(([content]) => content));
      }),
      { numRuns: 300 },
    );
  });

  it("keeps a last line without an end", async () => {
    expect(await collectAll(readLines(cut("a\nb", []), limit))).toEqual(["a", "b"]);
  });

  it("refuses a line without end before memory is gone", async () => {
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      while (true) {
        sent++;
        yield new TextEncoder().encode("x".repeat(100));
      }
    }
    expect(await rejection(collectAll(readLines(endless(), limit)))).toMatchObject({ code: "BACKEND_RESPONSE_INVALID" });
    expect(sent).toBe(11);
  });
});

describe("readSse", () => {
  const stream = [
    ": a comment",
    "event: runtime",
    "id: 7",
    "data: {",
    "data:  two blanks",
    "data",
    "retry: 10",
    "unknown: x",
    "",
    "data:plain",
    "",
    "event: dropped because it has no data",
    "",
    "data: unfinished",
  ].join("\n");

  it("reads events however they are cut", async () => {
    await fc.assert(
      fc.asyncProperty(places, fc.constantFrom("\n", "\r\n", "\r"), async (at, end) => {
        expect(await collectAll(readSse(cut(stream.replaceAll("\n", end), at), limit))).toEqual([
          { event: "runtime", data: "{\n two blanks\n", id: "7" },
          { event: "message", data: "plain", id: "7" },
        ]);
      }),
      { numRuns: 100 },
    );
  });

  it("ignores a byte order mark at the beginning", async () => {
    expect(await collectAll(readSse(cut("\uFEFFdata: x\n\n", []), limit))).toEqual([{ event: "message", data: "x" }]);
  });
});

describe("readNdjson", () => {
  it("gives checked values and skips blank lines", async () => {
    expect(await collectAll(readNdjson(cut('{"n":1,"more":true}\n\n  \n{"n":2}', [3]), z.object({ n: z.number() }), limit))).toEqual([
      { n: 1 },
      { n: 2 },
    ]);
  });

  it("names the path of what is wrong, never the value", async () => {
    const wrong = await rejection(collectAll(readNdjson(cut('{"n":"hunter2"}\n', []), z.object({ n: z.number() }), limit)));
    expect(wrong).toMatchObject({
      code: "BACKEND_RESPONSE_INVALID",
      message: expect.stringContaining("n: expected number, received string"),
    });
    const broken = await rejection(collectAll(readNdjson(cut("hunter2\n", []), z.unknown(), limit)));
    expect(String(broken) + JSON.stringify(broken)).not.toContain("hunter2");
  });
});
