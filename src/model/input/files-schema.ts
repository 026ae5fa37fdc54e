import * as z from "zod";
import { bad, good, type Reading } from "../reading.js";
import { readBytes, readDurationMs } from "../units.js";
import { readAgeRecipient } from "./age-recipient.js";
import { pathClashes, readPath, readUri } from "./file-path.js";
import { flag, reading, readText, recordOf, shorthand, strict } from "./schema.js";

const MAX_INPUTS = 10_000;
const MAX_OUTPUTS = 1_000;

const sha256 = reading((value): Reading<string> => {
  const written = readText(value, { max: 64 });
  if (!written.ok) return written;
  return /^[0-9a-f]{64}$/i.test(written.value)
    ? good(written.value.toLowerCase())
    : bad("must be a SHA-256 digest of 64 hexadecimal digits");
});

const uri = reading(readUri);

const input = z.preprocess(shorthand("uri"), strict({ uri, sha256: sha256.exactOptional(), size: reading(readBytes).exactOptional() }));

export const inputs = recordOf(readPath, input, MAX_INPUTS).superRefine((files, context) => {
  for (const { path, problem } of pathClashes(Object.keys(files), "files"))
    context.addIssue({ code: "custom", path: [path], message: problem });
});

const output = z.preprocess(
  shorthand("uri"),
  strict({ uri: uri.exactOptional(), optional: flag().exactOptional(), encryptTo: reading(readAgeRecipient).exactOptional() }),
);

export const outputs = recordOf(readPath, output, MAX_OUTPUTS).superRefine((places, context) => {
  for (const { path, problem } of pathClashes(Object.keys(places), "places"))
    context.addIssue({ code: "custom", path: [path], message: problem });
});

export const duration = reading(readDurationMs);

export const checkpoint = z.preprocess(
  shorthand("path"),
  strict({
    path: reading(readPath),
    every: duration.exactOptional(),
    cost: duration.exactOptional(),
    restore: duration.exactOptional(),
    size: reading(readBytes).exactOptional(),
  }),
);
