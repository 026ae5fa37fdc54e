/**
 * The work that is scheduled: renders one frame of an animation into a file. Knows nothing of spillway.
 *
 *     node render-frame.mjs FRAME FRAMES FILE
 */
import { writeFileSync } from "node:fs";
import { renderFrame } from "./ray-tracer.mjs";

const [frame, frames, file = "frame.ppm"] = process.argv.slice(2);
writeFileSync(file, renderFrame(Number(frame), Number(frames)));
