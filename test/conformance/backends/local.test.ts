import { describe, expect, test } from "vitest";
import { backendConformance } from "../../../src/conformance/backend/index.js";
import { localSetup } from "./local-setup.js";

backendConformance({ describe, expect, test }, localSetup({ prefix: "SPILLWAY_ROOT" }));
