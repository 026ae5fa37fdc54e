import ts from "typescript";

/** A compiler message about one place. */
export interface Complaint {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly message: string;
}

/** Type checks files as a strict consumer's project would, and returns what the compiler says about the files that `about` accepts. */
export function compile(files: readonly string[], about: (file: string) => boolean = () => true): Complaint[] {
  const program = ts.createProgram(files, {
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
