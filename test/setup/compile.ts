import ts from "typescript";

/** A compiler message about one place. */
export interface Complaint {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly message: string;
}

/**
 * Type checks files as a strict consumer's project would. `about` chooses whose complaints are asked for, declaration files
 * included; the rest is not checked, which saves most of the time.
 */
export function compile(files: readonly string[], about: (file: string) => boolean): Complaint[] {
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
  const checked = program.getSourceFiles().filter(({ fileName }) => about(fileName));
  const found = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...checked.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ];
  return found.map(({ file, start, messageText }) => ({
    file: file?.fileName ?? "",
    line: file ? file.getLineAndCharacterOfPosition(start ?? 0).line + 1 : 0,
    message: ts.flattenDiagnosticMessageText(messageText, "\n"),
  }));
}
