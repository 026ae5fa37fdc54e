import { describe, expect, test } from "vitest";
import { virtualGolemRuntime } from "../../../../src/testing/golem/index.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";

type Options = Parameters<typeof virtualGolemRuntime>[1];

async function play(entryPoint: string, args: readonly string[], options: Options = {}) {
  const host = createVirtualHost({ seed: "virtual golem" });
  const machine = await virtualGolemRuntime(host, options).open({ activityId: "a", volumes: ["/golem/work"], env: {} });
  let printed = "";
  let exitCode: number | undefined;
  const running = machine.run(
    { entryPoint, args },
    {
      output: (_stream, text) => {
        printed += text;
      },
      exited: (code) => {
        exitCode = code;
      },
    },
  );
  return { host, machine, running, seen: () => ({ printed, exitCode, atMs: host.elapsedMs }) };
}

describe("played commands of exe-units", () => {
  test.each([
    ["exit", ["3"], { printed: "", exitCode: 3, atMs: 1 }],
    ["sleep", ["250"], { printed: "", exitCode: 0, atMs: 250 }],
    ["print", ["a", "b"], { printed: "a b", exitCode: 0, atMs: 1 }],
    ["/bin/sh", ["-c", "print hello"], { printed: "hello", exitCode: 0, atMs: 1 }],
    ["/usr/bin/env", ["A=1", "B=2", "/bin/sh", "-c", "exit 4"], { printed: "", exitCode: 4, atMs: 1 }],
    ["/usr/bin/env", ["A=1"], { printed: "", exitCode: 0, atMs: 1 }],
    ["whatever", [], { printed: "", exitCode: 0, atMs: 1 }],
  ] as const)("%s %o", async (entryPoint, args, wanted) => {
    const { host, seen } = await play(entryPoint, args);
    await host.runAll(10_000);
    expect(seen()).toEqual(wanted);
  });

  test("leave files, and end when they are told to", async () => {
    const { host, machine, running, seen } = await play("write", ["/golem/work/x", "some", "text"]);
    expect(new TextDecoder().decode(await machine.read("/golem/work/x"))).toBe("some text");
    await running.stop();
    await machine.close();
    expect(host.pendingTimers()).toEqual([]);
    expect(seen().exitCode).toBeUndefined();
    expect(await machine.read("/golem/work/x")).toBeUndefined();
  });

  test("do what a test says they do", async () => {
    const { host, seen } = await play("/bin/sh", ["-c", "train --fast"], {
      play: (words) => (words[0] === "train" ? { stdout: words.join("+"), exitCode: 9, afterMs: 40 } : undefined),
    });
    await host.runAll(10_000);
    expect(seen()).toEqual({ printed: "train+--fast", exitCode: 9, atMs: 40 });
  });
});
