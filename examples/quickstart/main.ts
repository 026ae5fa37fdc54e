/**
 * The quickstart: renders a short ray-traced animation over three sellers of computing time, two of them simulated, and says where
 * each frame was made, what it cost, and why.
 *
 *     npm run quickstart
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { FOLDER, FRAMES, FRAMES_PER_SECOND } from "./animation.js";
import { FILM, simulate } from "./film.js";
import { contactSheet, readPpm } from "./picture.js";
import { encodeAnimation, encodePng } from "./png.js";
import { liveProgress } from "./progress.js";
import { renderFrame } from "./ray-tracer.mjs";
import { type Frame, render } from "./render.js";
import { breakEven, comparison, reasons, receipt } from "./report.js";
import { TIME_SCALE } from "./sellers.js";
import { cheapestFirst, localOnly, spillway } from "./strategies.js";

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Whether a frame has exactly the bytes that this process renders itself. */
const isRight = ({ number, bytes }: Frame): boolean => renderFrame(number, FRAMES).equals(bytes);

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER);
say(`${FRAMES} frames over three backends. The rendering is real: every attempt is a process on this machine.
F = flaky-market and S = steady-market are SIMULATED: prices, deaths and lies are drawn, and their time runs ${TIME_SCALE} times fast.
L = local is this machine.
`);

const progress = liveProgress(process.stdout);
// A frame that never comes would cost us a tenth of a cent.
const outcome = await render(spillway(0.001), progress.watch);
progress.end();

const right = outcome.frames.filter(isRight);
const pictures = right.map(({ bytes }) => readPpm(bytes));
writeFileSync(`${FOLDER}/contact-sheet.png`, encodePng(contactSheet(pictures, 6)));
writeFileSync(`${FOLDER}/animation.png`, encodeAnimation(pictures, FRAMES_PER_SECOND));
say(`
The picture      ${FOLDER}/contact-sheet.png, and moving in any browser ${FOLDER}/animation.png

The receipt (simulated prices, per hour of real time)

${receipt(outcome)}

Why the frames went where they went

${reasons(outcome)}`);

const film = [await simulate(spillway(0.25)), await simulate(cheapestFirst), await simulate(localOnly)] as const;
say(`
What a finished frame costs, three ways. SIMULATED: a film of ${FILM.frames} frames of ${FILM.minutesPerFrame} minutes each, ${FILM.atOnce} at a time,
the same markets and the same seed, in virtual time

${comparison(film)}

${breakEven(film[0], film[1]) ?? "No frame came back wrong."}
`);

for (const problem of outcome.problems) say(`failed: ${problem}`);
const { ours, sellers } = outcome.openLeases;
say(`${right.length} of ${FRAMES} frames have the bytes that this machine renders itself; ${ours + sellers} leases open`);
process.exitCode = right.length === FRAMES && ours + sellers === 0 ? 0 : 1;
