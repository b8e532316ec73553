/** TypeScript of a page as somebody has it who puts it into a file beside the README. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';

/** Its types are checked with the project's options. Returns JavaScript. Throws with what the compiler says. */
export function compile(source: string): string {
  const file = resolve('snippet-of-the-page.ts');
  const { config } = ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [file] }, ts.sys, process.cwd());
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.fileExists = (path) => path === file || ts.sys.fileExists(path);
  host.getSourceFile = (path, version) =>
    path === file ? ts.createSourceFile(path, source, version, true) : getSourceFile(path, version);
  let output = '';
  const program = ts.createProgram([file], { ...options, sourceMap: false, noEmit: false }, host);
  const wrong = ts.getPreEmitDiagnostics(program);
  if (wrong.length > 0) throw new Error(ts.formatDiagnostics(wrong, host));
  program.emit(program.getSourceFile(file), (path, text) => {
    if (path.endsWith('.js')) output = text;
  });
  return output;
}

/** Runs a module beside what was built, to its end. */
export async function runModule(
  javaScript: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const file = resolve('dist', `snippet-${process.pid}.mjs`);
  writeFileSync(file, javaScript);
  try {
    const child = spawn(process.execPath, [file]);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    await once(child, 'close');
    return { code: child.exitCode, output };
  } finally {
    rmSync(file);
  }
}
