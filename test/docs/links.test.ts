import { existsSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { markdownPages } from "../../scripts/docs-tables.js";
import { root } from "../../scripts/entries.mjs";
import { anchors, links } from "./markdown.js";

const pages = markdownPages();

/** Why a link leads nowhere, or undefined. Links to other sites are not followed: tests do not use the network. */
function broken(page: string, target: string): string | undefined {
  if (/^(https?|mailto):/.test(target)) return undefined;
  const [path = "", anchor] = decodeURI(target).split("#", 2);
  const file = path === "" ? page : normalize(join(dirname(page), path));
  if (path.startsWith("/") || file.startsWith("..")) return "leads out of the repository";
  // The API reference is generated (`npm run docs`) and not part of the repository.
  if (file.startsWith("docs/api/")) return undefined;
  if (!existsSync(join(root, file))) return "there is no such file";
  if (anchor === undefined || !file.endsWith(".md")) return undefined;
  return anchors(file).has(anchor) ? undefined : `${file} has no heading with this anchor`;
}

describe("links", () => {
  test("there are pages to check", () => {
    expect(pages).toContain("README.md");
    expect(pages.flatMap(links).length).toBeGreaterThan(0);
  });

  test.each(pages)("of %s lead somewhere", (page) => {
    const wrong = links(page).flatMap(({ line, target }) => {
      const reason = broken(page, target);
      return reason === undefined ? [] : [`${page}:${line}: ${target}: ${reason}`];
    });
    expect(wrong).toEqual([]);
  });
});
