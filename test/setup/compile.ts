import ts from "typescript";

/** A compiler message about one place. */
export interface Complaint {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly message: string;
}

/** How to compile. */
export interface CompileOptions {
  /** Whose complaints count. */
  readonly about: (file: string) => boolean;
  /** Also look for errors inside declaration files, which takes longer. Default false. */
  readonly inDeclarations?: boolean;
}

/** Type checks files as a strict consumer's project would. */
export function compile(files: readonly string[], { about, inDeclarations = false }: CompileOptions): Complaint[] {
  const program = ts.createProgram(files, {
    skipLibCheck: !inDeclarations,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2023.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noEmit: true,
  });
  return ts.getPreEmitDiagnostics(program).flatMap(({ file, start, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, "\n");
    if (file === undefined) return [{ file: "", line: 0, message }];
    if (!about(file.fileName)) return [];
    return [{ file: file.fileName, line: file.getLineAndCharacterOfPosition(start ?? 0).line + 1, message }];
  });
}
