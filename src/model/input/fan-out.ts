import { good } from "../reading.js";
import type { FanMember, InputRequest, OutputRequest, Workload } from "../workload.js";
import { type FanParsed, MAX_MEMBERS } from "./fan-schema.js";
import { normalisePath, pathClashes, readPath, readUri } from "./file-path.js";
import { type Template, template, type Values } from "./placeholders.js";
import { formatPath, type Problem } from "./problem.js";

/** One dimension of a fan-out. Values are made when asked for: a range of a billion frames costs nothing until refused. */
interface Axis {
  readonly name: string;
  readonly field: string;
  readonly count: number;
  readonly at: (index: number) => string | number;
}

/** The axes in order of nesting, the last one varying fastest; none: the workload is a single one. */
export function axesOf(fan: FanParsed): readonly Axis[] {
  const axes: Axis[] = [];
  const { shards, frames, sweep, seeds } = fan;
  if (shards !== undefined) axes.push({ name: "shard", field: "shards", count: shards, at: (index) => index });
  if (frames) {
    const step = frames.step ?? 1;
    axes.push({
      name: "frame",
      field: "frames",
      count: Math.floor((frames.to - frames.from) / step) + 1,
      at: (index) => frames.from + index * step,
    });
  }
  for (const [name, values] of Object.entries(sweep ?? {})) {
    axes.push({ name, field: "sweep", count: values.length, at: (index) => values[index] ?? "" });
  }
  if (typeof seeds === "number") axes.push({ name: "seed", field: "seeds", count: seeds, at: (index) => index });
  else if (seeds) axes.push({ name: "seed", field: "seeds", count: seeds.length, at: (index) => seeds[index] ?? 0 });
  return axes;
}

/** The members of a fan-out, or what is wrong with them. */
export function expand(
  workload: Workload,
  axes: readonly Axis[],
): { readonly members: readonly Workload[]; readonly problems: readonly Problem[] } {
  const total = axes.reduce((product, axis) => product * axis.count, 1);
  if (total > MAX_MEMBERS) {
    const field = axes.reduce((largest, axis) => (axis.count > largest.count ? axis : largest)).field;
    return {
      members: [],
      problems: [{ field, message: `makes ${total} runs, more than the ${MAX_MEMBERS} that one workload may become; split it` }],
    };
  }
  const names = new Set([...axes.map((axis) => axis.name), "index", ...(axes.some((axis) => axis.name === "shard") ? ["shards"] : [])]);
  const compiled = compile(workload, names);
  const members: Workload[] = [];
  for (let index = 0; index < total; index++) {
    const values = valuesAt(axes, total, index);
    const built = compiled(values, { index, of: total, label: labelOf(axes, values) });
    if ("problem" in built) return { members: [], problems: [built.problem] };
    members.push(built.member);
  }
  const clash = outputClash(members);
  return { members, problems: clash ? [clash] : [] };
}

/** The values of one member: its index as a number of mixed base, one digit per axis. */
function valuesAt(axes: readonly Axis[], total: number, index: number): Values {
  const values = new Map<string, string | number>([["index", index]]);
  let block = total;
  let rest = index;
  for (const axis of axes) {
    block /= axis.count;
    values.set(axis.name, axis.at(Math.floor(rest / block)));
    if (axis.name === "shard") values.set("shards", axis.count);
    rest %= block;
  }
  return values;
}

function labelOf(axes: readonly Axis[], values: Values): string {
  return axes.map(({ name, count }) => `${name} ${String(values.get(name)).slice(0, 40)}${name === "shard" ? `/${count}` : ""}`).join(", ");
}

type Built = { readonly member: Workload } | { readonly problem: Problem };

/** Finds the placeholders once; what holds none is shared by all members. */
function compile(workload: Workload, names: ReadonlySet<string>): (values: Values, fan: FanMember) => Built {
  const of = (text: string): Template | undefined => template(text, names);
  const command = workload.command.map((argument) => of(argument) ?? argument);
  const env = Object.entries(workload.env).map(([name, value]) => [name, of(value) ?? value] as const);
  const inputs = compileFiles<InputRequest>("inputs", workload.inputs, of);
  const outputs = compileFiles<OutputRequest>("outputs", workload.outputs, of);
  const sharedCommand = command.every((part) => typeof part === "string");
  const sharedEnv = env.every(([, value]) => typeof value === "string");
  return (values, fan) => {
    const fill = (part: string | Template): string => (typeof part === "string" ? part : part(values));
    const filledInputs = inputs(values);
    if ("problem" in filledInputs) return filledInputs;
    const filledOutputs = outputs(values);
    if ("problem" in filledOutputs) return filledOutputs;
    const task: Record<string, unknown> = { ...workload.task };
    for (const [name, value] of values) if (name !== "index") task[name] = value;
    return {
      member: {
        ...workload,
        command: sharedCommand ? workload.command : command.map(fill),
        env: sharedEnv ? workload.env : Object.fromEntries(env.map(([name, value]) => [name, fill(value)])),
        inputs: filledInputs.files,
        outputs: filledOutputs.files,
        task,
        fan,
      },
    };
  };
}

type Files<F> = { readonly files: Readonly<Record<string, F>> } | { readonly problem: Problem };

function compileFiles<F extends { readonly uri?: string }>(
  field: "inputs" | "outputs",
  files: Readonly<Record<string, F>>,
  of: (text: string) => Template | undefined,
): (values: Values) => Files<F> {
  const entries = Object.entries(files).map(([path, file]) => ({
    path,
    file,
    pathOf: of(path),
    uriOf: file.uri === undefined ? undefined : of(file.uri),
  }));
  if (entries.every(({ pathOf, uriOf }) => !pathOf && !uriOf)) return () => ({ files });
  const pathsVary = entries.some(({ pathOf }) => pathOf);
  return (values) => {
    const filled: [string, F][] = [];
    for (const { path, file, pathOf, uriOf } of entries) {
      const newPath = pathOf ? readPath(pathOf(values)) : good(path);
      const newUri = uriOf ? readUri(uriOf(values)) : good(undefined);
      const wrong = !newPath.ok ? newPath.problem : !newUri.ok ? newUri.problem : undefined;
      if (wrong !== undefined)
        return { problem: { field: formatPath([field, path]), message: `${wrong} once its placeholders are replaced` } };
      filled.push([newPath.ok ? newPath.value : path, newUri.ok && newUri.value !== undefined ? { ...file, uri: newUri.value } : file]);
    }
    const clash = pathsVary
      ? pathClashes(
          filled.map(([path]) => path),
          field === "inputs" ? "files" : "places",
        )[0]
      : undefined;
    if (clash)
      return { problem: { field: formatPath([field, clash.path]), message: `${clash.problem} once its placeholders are replaced` } };
    return { files: Object.fromEntries(filled) };
  };
}

/** Two members must not write to the same place: the later one would destroy the earlier one's result. */
function outputClash(members: readonly Workload[]): Problem | undefined {
  const taken = new Set<string>();
  for (const member of members) {
    for (const [path, { uri }] of Object.entries(member.outputs)) {
      if (uri === undefined) continue;
      // Below a directory the file keeps its own name.
      const place = uri.endsWith("/") ? `${uri}\n${normalisePath(path)}` : uri;
      if (taken.has(place)) {
        return {
          field: formatPath(["outputs", path]),
          message: "goes to the same place for several members; put a placeholder such as `{index}` into it",
        };
      }
      taken.add(place);
    }
  }
  return undefined;
}
