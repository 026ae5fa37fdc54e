/**
 * A small ray tracer: three mirroring balls on a chequered floor, the camera on its way around them. Plain arithmetic, so that the
 * same frame has the same bytes wherever it is rendered: that is what makes results comparable.
 */

const WIDTH = 192;
const HEIGHT = 128;
/** Rays per pixel are the square of this. */
const SAMPLES = 2;
const MOST_REFLECTIONS = 4;

const add = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
const scale = (a, by) => [a[0] * by, a[1] * by, a[2] * by];
const subtract = (a, b) => add(a, scale(b, -1));
const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const unit = (a) => scale(a, 1 / Math.sqrt(dot(a, a)));
const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
const mix = (a, b, share) => add(scale(a, 1 - share), scale(b, share));

const LIGHT = unit([4, 7, -3]);

/** The balls at a moment of the animation, `turn` being the camera's angle. */
const ballsAt = (turn) => [
  { centre: [0, 1 + 0.25 * Math.abs(Math.sin(turn * 2)), 0], radius: 1, colour: [0.9, 0.3, 0.2], mirror: 0.28 },
  { centre: [1.9, 0.6, -0.7], radius: 0.6, colour: [0.2, 0.5, 0.95], mirror: 0.38 },
  { centre: [-1.7, 0.75, 0.6], radius: 0.75, colour: [0.95, 0.8, 0.3], mirror: 0.45 },
];

/** Nearest thing that a ray meets, with its distance. */
function hit(balls, origin, direction) {
  let nearest;
  if (direction[1] < 0) nearest = { distance: -origin[1] / direction[1] };
  for (const ball of balls) {
    const offset = subtract(origin, ball.centre);
    const half = dot(offset, direction);
    const root = half * half - dot(offset, offset) + ball.radius * ball.radius;
    if (root <= 0) continue;
    const distance = -half - Math.sqrt(root);
    if (distance > 1e-4 && (nearest === undefined || distance < nearest.distance)) nearest = { distance, ball };
  }
  return nearest;
}

const sky = (direction) => mix([0.95, 0.97, 1], [0.25, 0.45, 0.8], Math.max(0, direction[1]));

function floorColour([x, , z]) {
  const tile = (Math.floor(x) + Math.floor(z)) % 2 === 0 ? [0.92, 0.92, 0.9] : [0.16, 0.2, 0.24];
  return mix(tile, [0.95, 0.97, 1], Math.min(1, Math.sqrt(x * x + z * z) / 24));
}

/** The colour that a ray brings back. */
function trace(balls, origin, direction, reflections) {
  const found = hit(balls, origin, direction);
  if (found === undefined) return sky(direction);
  const point = add(origin, scale(direction, found.distance));
  const normal = found.ball === undefined ? [0, 1, 0] : unit(subtract(point, found.ball.centre));
  const colour = found.ball?.colour ?? floorColour(point);
  const above = add(point, scale(normal, 1e-3));
  const lit = hit(balls, above, LIGHT)?.ball === undefined ? Math.max(0, dot(normal, LIGHT)) : 0;
  const own = scale(colour, 0.25 + 0.75 * lit);
  const mirror = found.ball?.mirror ?? 0.12;
  if (reflections === 0) return own;
  const mirrored = subtract(direction, scale(normal, 2 * dot(direction, normal)));
  return mix(own, trace(balls, above, mirrored, reflections - 1), mirror);
}

/** What the camera sees in a direction; both coordinates go from -1 to 1 over the height of the picture. */
function cameraAt(turn, balls) {
  const eye = [4.4 * Math.sin(turn), 2.2 + 0.6 * Math.sin(turn), -4.4 * Math.cos(turn)];
  const ahead = unit(subtract([0, 0.8, 0], eye));
  const right = unit(cross([0, 1, 0], ahead));
  const up = cross(ahead, right);
  return (x, y) => trace(balls, eye, unit(add(ahead, add(scale(right, 0.6 * x), scale(up, 0.6 * y)))), MOST_REFLECTIONS);
}

/** One frame of so many, as a PPM file. */
export function renderFrame(frame, frames) {
  const turn = (2 * Math.PI * frame) / frames;
  const look = cameraAt(turn, ballsAt(turn));
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let row = 0; row < HEIGHT; row++) {
    for (let column = 0; column < WIDTH; column++) {
      let sum = [0, 0, 0];
      for (let sample = 0; sample < SAMPLES * SAMPLES; sample++) {
        const x = (2 * (column + ((sample % SAMPLES) + 0.5) / SAMPLES) - WIDTH) / HEIGHT;
        const y = 1 - (2 * (row + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES)) / HEIGHT;
        sum = add(sum, look(x, y));
      }
      const at = (row * WIDTH + column) * 3;
      for (let channel = 0; channel < 3; channel++) {
        pixels[at + channel] = Math.round(255 * Math.sqrt(Math.min(1, sum[channel] / (SAMPLES * SAMPLES))));
      }
    }
  }
  return Buffer.concat([Buffer.from(`P6\n${WIDTH} ${HEIGHT}\n255\n`), pixels]);
}
