import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../scripts/entries.mjs";

/** A fenced block of a page. */
export interface CodeBlock {
  readonly page: string;
  /** Line of the opening fence, counted from 1. */
  readonly line: number;
  /** What follows the backticks, such as `ts` or `ts fragment`. */
  readonly info: string;
  readonly text: string;
}

/** A link or picture of a page. */
export interface Link {
  readonly page: string;
  /** Counts from 1. */
  readonly line: number;
  readonly target: string;
}

export const readPage = (page: string): string => readFileSync(join(root, page), "utf8");

const FENCE = /^(?<indent> *)(?<ticks>`{3,})(?<info>.*)$/;

/** The fenced blocks of a page, without the indentation of a list that they may stand in. */
export function codeBlocks(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { line: number; indent: number; ticks: string; info: string; lines: string[] } | undefined;
  readPage(page)
    .split("\n")
    .forEach((text, index) => {
      const fence = FENCE.exec(text)?.groups;
      if (open === undefined) {
        if (fence)
          open = {
            line: index + 1,
            indent: fence["indent"]?.length ?? 0,
            ticks: fence["ticks"] ?? "",
            info: (fence["info"] ?? "").trim(),
            lines: [],
          };
      } else if (fence?.["ticks"] === open.ticks && fence["info"] === "") {
        blocks.push({ page, line: open.line, info: open.info, text: open.lines.join("\n") });
        open = undefined;
      } else {
        open.lines.push(text.slice(Math.min(open.indent, text.length - text.trimStart().length)));
      }
    });
  if (open !== undefined) throw new Error(`${page}:${open.line}: this block is never closed.`);
  return blocks;
}

/** A page without its fenced blocks; the lines keep their numbers. */
export function prose(page: string): string[] {
  let inside: string | undefined;
  return readPage(page)
    .split("\n")
    .map((text) => {
      const ticks = FENCE.exec(text)?.groups?.["ticks"];
      const outside = inside === undefined && ticks === undefined;
      if (ticks !== undefined) inside = inside === undefined ? ticks : inside === ticks ? undefined : inside;
      return outside ? text : "";
    });
}

const withoutCode = (text: string): string => text.replace(/`[^`]*`/g, "");

/** Inline links, pictures and link definitions. */
export function links(page: string): Link[] {
  return prose(page).flatMap((text, index) =>
    [...withoutCode(text).matchAll(/\]\((?<inline>[^)\s]+)(?: "[^"]*")?\)|^\[[^\]]+\]: (?<defined>\S+)/g)].map(({ groups }) => ({
      page,
      line: index + 1,
      target: groups?.["inline"] ?? groups?.["defined"] ?? "",
    })),
  );
}

/** The headings of a page, as written. */
export const headings = (page: string): string[] => prose(page).flatMap((text) => /^#{1,6} +(.*?) *#*$/.exec(text)?.[1] ?? []);

/** The anchors that a page offers, named as GitHub names them: repeated headings are numbered. */
export function anchors(page: string): Set<string> {
  const seen = new Map<string, number>();
  const named = headings(page).map((heading) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
  const explicit = [...readPage(page).matchAll(/<a (?:id|name)="([^"]+)"/g)].flatMap(([, name]) => name ?? []);
  return new Set([...named, ...explicit]);
}
