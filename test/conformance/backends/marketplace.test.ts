import { describe, expect, test } from "vitest";
import { backendConformance } from "../../../src/conformance/backend/index.js";
import { marketplaceSetup } from "./marketplace-setup.js";

describe.each(["firm", "indicative"] as const)("%s offers", (binding) => {
  backendConformance({ describe, expect, test }, marketplaceSetup({ binding }));
});
