import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/** What an entry of the built package needs. */
export interface ModuleGraph {
  /** Files of the package that are loaded with the entry. */
  readonly files: ReadonlySet<string>;
  /** Packages and Node modules that are loaded with the entry. */
  readonly loaded: ReadonlySet<string>;
  /** Packages and Node modules that code reachable from the entry can load later, by `import()`. */
  readonly lazy: ReadonlySet<string>;
}

/** Follows the imports and requires of a built file through the package. */
export function moduleGraph(entry: string): ModuleGraph {
  const files = new Set<string>();
  const lazyFiles = new Set<string>();
  const loaded = new Set<string>();
  const lazy = new Set<string>();
  const visit = (file: string, later: boolean): void => {
    if (files.has(file) || (later && lazyFiles.has(file))) return;
    (later ? lazyFiles : files).add(file);
    for (const { specifier, dynamic } of importsOf(file)) {
      if (specifier.startsWith(".")) visit(join(dirname(file), specifier), later || dynamic);
      else (later || dynamic ? lazy : loaded).add(specifier);
    }
  };
  visit(entry, false);
  return { files, loaded, lazy };
}

/** Name of the package of a specifier: `@scope/name` of `@scope/name/sub`. */
export const packageOf = (specifier: string): string => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

/** The calls and declarations that load a module, in a built ESM or CJS file. */
function importsOf(file: string): { readonly specifier: string; readonly dynamic: boolean }[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, false, ts.ScriptKind.JS);
  const found: { specifier: string; dynamic: boolean }[] = [];
  const visit = (node: ts.Node): void => {
    if (
      (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) &&
      node.moduleSpecifier &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      found.push({ specifier: node.moduleSpecifier.text, dynamic: false });
    } else if (ts.isCallExpression(node)) {
      const [first] = node.arguments;
      const dynamic = node.expression.kind === ts.SyntaxKind.ImportKeyword;
      const required = ts.isIdentifier(node.expression) && node.expression.text === "require";
      if ((dynamic || required) && first && ts.isStringLiteralLike(first)) found.push({ specifier: first.text, dynamic });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
