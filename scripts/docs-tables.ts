/**
 * Generates the tables in the documentation that repeat what the source says, between `<!-- table: NAME -->` and
 * `<!-- end of table -->`. `npm run docs:tables` writes them, `--check` only reports and exits with 1 on a difference.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { ERROR_CODES } from "../src/model/errors/codes.js";
import { EVENT_TYPES } from "../src/model/event.js";
import { root } from "./entries.mjs";

type Row = readonly string[];

/** A table: its head, its rows, and the page that must hold it as soon as the page exists. */
interface Table {
  readonly page: string;
  readonly head: Row;
  readonly rows: () => readonly Row[];
}

const code = (text: string): string => `\`${text}\``;

/** Every table by the name its marker uses. */
export const TABLES: Readonly<Record<string, Table>> = {
  errors: {
    page: "docs/errors.md",
    head: ["Code", "Meaning", "Retry", "Effect", "Fault"],
    rows: () =>
      Object.entries(ERROR_CODES).map(([name, facts]) => [
        `[${code(name)}](#${name.toLowerCase()})`,
        facts.meaning,
        facts.retry,
        facts.effect,
        facts.fault,
      ]),
  },
  events: { page: "docs/events.md", head: ["Event", "Fields"], rows: eventRows },
  capabilities: { page: "docs/capabilities.md", head: ["Capability", "Type", "Meaning"], rows: capabilityRows },
  environment: { page: "docs/environment.md", head: ["Variable", "Read by"], rows: environmentRows },
};

const parsed = new Map<string, ts.SourceFile>();

/** The syntax tree of a file below `src`. */
function parse(path: string): ts.SourceFile {
  const known = parsed.get(path) ?? ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest, true);
  parsed.set(path, known);
  return known;
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();

/** The sentences of a node's doc comment, `{@link X}` turned into code. */
function docOf(node: ts.Node): string {
  const comment = ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .map((doc) => ts.getTextOfJSDocComment(doc.comment) ?? "");
  return oneLine(comment.join(" ")).replace(/\{@link ([^}]+)\}/g, "`$1`");
}

/** Properties of an object type, as `name` or `name?`. */
const fieldsOf = (members: ts.NodeArray<ts.TypeElement>): string[] =>
  members.filter(ts.isPropertySignature).map((member) => `${member.name.getText()}${member.questionToken ? "?" : ""}`);

/** The members of the `RunEvent` union with the fields that each adds to the common ones. */
function eventRows(): Row[] {
  const file = parse("src/model/event.ts");
  const interfaces = new Map(file.statements.filter(ts.isInterfaceDeclaration).map((node) => [node.name.text, node]));
  const fieldsOfNamed = (name: string): string[] => {
    const found = interfaces.get(name);
    const inherited = found?.heritageClauses?.flatMap(({ types }) => types.map(({ expression }) => expression.getText())) ?? [];
    return found ? [...inherited.flatMap(fieldsOfNamed), ...fieldsOf(found.members)] : [];
  };
  const rows = new Map<string, Row>();
  const visit = (node: ts.Node): void => {
    if (ts.isIntersectionTypeNode(node)) {
      const fields = node.types.flatMap((part) =>
        ts.isTypeLiteralNode(part) ? fieldsOf(part.members) : ts.isTypeReferenceNode(part) ? fieldsOfNamed(part.typeName.getText()) : [],
      );
      const type = /type: "([^"]+)"/.exec(node.getText())?.[1];
      if (type !== undefined)
        rows.set(type, [
          code(type),
          fields
            .filter((field) => field !== "type")
            .map(code)
            .join(", "),
        ]);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return EVENT_TYPES.map((type) => {
    const row = rows.get(type);
    if (row === undefined) throw new Error(`src/model/event.ts: "${type}" is in EVENT_TYPES but not in RunEvent as an intersection.`);
    return row;
  });
}

/** The properties of the `Capabilities` interface with their doc comments. */
function capabilityRows(): Row[] {
  const declaration = parse("src/spec/capabilities.ts").statements.filter(ts.isInterfaceDeclaration);
  const members = declaration.find((node) => node.name.text === "Capabilities")?.members.filter(ts.isPropertySignature) ?? [];
  if (members.length === 0) throw new Error("src/spec/capabilities.ts has no interface Capabilities.");
  return members.map((member) => [
    code(`${member.name.getText()}${member.questionToken ? "?" : ""}`),
    code(oneLine(member.type?.getText() ?? "")),
    docOf(member),
  ]);
}

/** Text of string literals and of arrays of them. */
function literals(node: ts.Node): string[] {
  if (ts.isStringLiteral(node)) return [node.text];
  return ts.isArrayLiteralExpression(node) ? node.elements.flatMap(literals) : [];
}

/** Environment variables that the source reads: `env: "NAME"` settings and calls of an `env` or `environment` function. */
export function environmentVariables(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const mentioned = sources("src").filter((path) => /env/i.test(readFileSync(join(root, path), "utf8")));
  for (const path of mentioned) {
    const visit = (node: ts.Node): void => {
      const names =
        ts.isPropertyAssignment(node) && node.name.getText() === "env"
          ? literals(node.initializer)
          : ts.isCallExpression(node) && /(^|\.)(env|environment)$/.test(node.expression.getText())
            ? node.arguments.slice(0, 1).flatMap(literals)
            : [];
      for (const name of names) found.set(name, [...new Set([...(found.get(name) ?? []), path])]);
      ts.forEachChild(node, visit);
    };
    visit(parse(path));
  }
  return new Map([...found].sort(([left], [right]) => (left < right ? -1 : 1)));
}

function environmentRows(): Row[] {
  const areaOf = (path: string): string => path.split("/").slice(1, 3).join("/");
  return [...environmentVariables()].map(([name, paths]) => [code(name), [...new Set(paths.map(areaOf))].map(code).join(", ")]);
}

/** TypeScript files below a folder, as paths from the root. */
function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}

const cell = (text: string): string => text.replaceAll("|", "\\|");

/** A table as Markdown. */
export function renderTable(name: string): string {
  const table = TABLES[name];
  if (table === undefined) throw new Error(`There is no table "${name}"; there are ${Object.keys(TABLES).join(", ")}.`);
  const lines = [table.head, table.head.map(() => "---"), ...table.rows()];
  return lines.map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");
}

const MARKED = /<!-- table: (?<name>[\w-]+) -->\n[\s\S]*?<!-- end of table -->/g;

/** The page with every marked table generated anew. */
export const withTables = (page: string): string =>
  page.replace(MARKED, (_, name: string) => `<!-- table: ${name} -->\n\n${renderTable(name)}\n\n<!-- end of table -->`);

/** What is wrong with the tables in the documentation, in words. */
export function staleTables(): string[] {
  const stale = markdownPages().filter((page) => withTables(readPage(page)) !== readPage(page));
  const lacking = Object.entries(TABLES).filter(
    ([name, { page }]) => existsSync(join(root, page)) && !readPage(page).includes(`<!-- table: ${name} -->`),
  );
  return [
    ...stale.map((page) => `${page}: a generated table is out of date; run \`npm run docs:tables\`.`),
    ...lacking.map(([name, { page }]) => `${page} has no place for its table: add "<!-- table: ${name} -->" and "<!-- end of table -->".`),
  ];
}

const readPage = (page: string): string => readFileSync(join(root, page), "utf8");

/** Pages that people read: those at the top and below `docs`, without the generated API reference. */
export function markdownPages(): string[] {
  const top = readdirSync(root).filter((name) => name.endsWith(".md"));
  const below = readdirSync(join(root, "docs"), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md"))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .filter((page) => !page.startsWith("docs/api/"));
  return [...top, ...below].sort();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes("--check")) {
    for (const page of markdownPages()) {
      if (withTables(readPage(page)) !== readPage(page)) writeFileSync(join(root, page), withTables(readPage(page)));
    }
  }
  const problems = staleTables();
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
