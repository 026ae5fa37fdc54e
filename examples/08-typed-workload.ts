/**
 * A kind of work described once: typed input, typed result. The schemas are zod's; any Standard Schema will do.
 *
 *     npx tsx examples/08-typed-workload.ts
 */
import { defineWorkload, Scheduler, SchedulerError } from "spillway";
import { local } from "spillway/backends/local";
import * as z from "zod";

/** Counts words. A plain Node program, handed over as an argument. */
const program = `
  const { readFileSync, writeFileSync } = require("node:fs");
  const words = readFileSync("text.txt", "utf8").split(/\\s+/).filter(Boolean);
  const longest = words.reduce((most, word) => (word.length > most.length ? word : most), "");
  writeFileSync("stats.json", JSON.stringify({ words: words.length, longest }));
`;

const countWords = defineWorkload({
  name: "count-words",
  input: z.object({ file: z.string().min(1) }),
  result: { output: "stats.json", schema: z.object({ words: z.number().int(), longest: z.string() }) },
  build: ({ file }) => ({
    command: ["node", "--eval", program],
    inputs: { "text.txt": file },
    outputs: { "stats.json": {} },
    resources: { cpu: 0.25, memory: "128MiB", disk: "50MiB" },
    expectedDuration: "5s",
  }),
});

await using scheduler = new Scheduler({ backends: [local({ usdPerHour: 0.05 })] });

// The input is checked by its schema, and `value` has the type of the result's.
const run = await scheduler.schedule(countWords, { file: "LICENSE" });
const { value } = await run.result();
console.log(`LICENSE has ${value.words} words, the longest is "${value.longest}"`);

// What does not fit is refused before anything is written, naming the field.
try {
  await scheduler.schedule(countWords, { file: "" });
} catch (error) {
  if (!SchedulerError.isInstance(error)) throw error;
  console.log(`${error.code} in ${error.details.field}`);
}
