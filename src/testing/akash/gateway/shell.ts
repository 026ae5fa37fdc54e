import type { Workload } from "../provider/workload.js";
import type { Stream } from "./sockets.js";

/** First byte of a frame. */
const FRAME = { stdout: 100, stderr: 101, result: 102, failure: 103, stdin: 104 } as const;

const frame = (kind: number, content: string | Uint8Array): Buffer => Buffer.concat([Buffer.from([kind]), Buffer.from(content)]);

/** Runs a command in a container: output, then the result, then 1000. */
export function runShell(stream: Stream, workload: Workload, query: URLSearchParams, service: string): void {
  const argv: string[] = [];
  for (let index = 0; query.has(`cmd${index}`); index += 1) argv.push(query.get(`cmd${index}`) ?? "");
  const pod = workload.podsOf([service])[Number(query.get("podIndex") ?? 0)];
  const exec = pod?.exec(argv, {
    output: (kind, bytes) => stream.send(frame(FRAME[kind], bytes)),
    ended: (exitCode) => {
      stream.send(frame(FRAME.result, JSON.stringify({ exit_code: exitCode })));
      stream.close(1_000, "");
    },
  });
  if (exec === undefined) {
    stream.send(frame(FRAME.failure, JSON.stringify({ message: "no active container" })));
    stream.close(4_000, "no running pods");
    return;
  }
  stream.socket.on("message", (data) => {
    const bytes = Buffer.isBuffer(data) ? data : Buffer.concat(Array.isArray(data) ? data : [Buffer.from(data)]);
    if (query.get("stdin") === "1" && bytes[0] === FRAME.stdin) exec.write(bytes.subarray(1));
  });
  stream.onLeave(() => void exec.stop());
}

/** What was seen of leases that are gone: success, and not a byte of output. */
export function answerFalseZero(stream: Stream): void {
  stream.send(frame(FRAME.result, JSON.stringify({ exit_code: 0 })));
  stream.close(1_000, "");
}
