// @ts-check
import { OptionDefaults } from "typedoc";
import { discoverEntries } from "./scripts/entries.mjs";

/** The API reference, `npm run docs`. A public symbol without a doc comment is an error, and so is a link that leads nowhere. @type {Partial<import("typedoc").TypeDocOptions>} */
const config = {
  name: "spillway",
  entryPoints: discoverEntries().map(({ source }) => source),
  tsconfig: "tsconfig.build.json",
  out: "docs/api",
  readme: "README.md",
  includeVersion: true,
  excludePrivate: true,
  excludeInternal: true,
  disableSources: true,
  // Tags that name the unit and the range of an option, so that they stand out in the reference.
  blockTags: [...OptionDefaults.blockTags, "@unit", "@minimum", "@maximum"],
  validation: { notExported: true, invalidLink: true, rewrittenLink: true, notDocumented: true, unusedMergeModuleWith: true },
  // Helpers of inference: they compute other types and say nothing to a reader.
  intentionallyNotExported: [
    "Requiring",
    "NoFan",
    "WithoutKey",
    "OptionalKeys",
    "Essential",
    "DefinitionBase",
    "HeaderText",
    "PRECISIONS",
    "Normalise",
    "GcpBatchCalls",
  ],
  requiredToBeDocumented: ["Class", "Interface", "TypeAlias", "Function", "Variable", "Method"],
  treatValidationWarningsAsErrors: true,
  treatWarningsAsErrors: true,
};

export default config;
