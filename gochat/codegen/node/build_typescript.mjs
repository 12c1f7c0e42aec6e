// Finishes the TypeScript package in PACKAGE_DIR: node build_typescript.mjs PACKAGE_DIR OPENAPI FRAMES
// Adds src/http_types.ts and src/frame_types.ts, compiles src/ to dist/, and bundles dist/browser/gochat.js. FRAMES is the
// schemas of the AsyncAPI document in an OpenAPI 3.1 envelope. Reads and writes files only, and needs no network.
import { mkdir, symlink, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import openapiTS, { astToString } from "openapi-typescript";
import ts from "typescript";

const [packageDir, openapi, frames] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));

const options = { defaultNonNullable: false, rootTypes: true, rootTypesNoSchemaPrefix: true, silent: true };
for (const [document, name] of [[openapi, "http_types.ts"], [frames, "frame_types.ts"]]) {
  const head = "/** Types, by openapi-typescript. Written by `gochat generate`: change the spec, not this file. */\n";
  await writeFile(join(packageDir, "src", name), head + astToString(await openapiTS(pathToFileURL(document), options)));
}

const modules = join(packageDir, "node_modules"); // where the compiler looks for openapi-fetch
await symlink(join(here, "node_modules"), modules);
const config = ts.getParsedCommandLineOfConfigFile(join(packageDir, "tsconfig.json"), {}, {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: (problem) => fail([problem]),
});
const program = ts.createProgram(config.fileNames, config.options);
const problems = [...config.errors, ...ts.getPreEmitDiagnostics(program)];
if (problems.length > 0) fail(problems);
program.emit();

await mkdir(join(packageDir, "dist", "browser"), { recursive: true });
await build({
  absWorkingDir: packageDir, // the bundle names its parts by their paths from here
  preserveSymlinks: true,
  entryPoints: [join(packageDir, "dist", "index.js")],
  outfile: join(packageDir, "dist", "browser", "gochat.js"),
  banner: { js: "// GoChat's client in one module. Written by `gochat generate`: change the spec, not this file." },
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "inline",
  logLevel: "error",
});
await writeFile(join(packageDir, "dist", "browser", "gochat.d.ts"), 'export * from "../index.js";\n');
await unlink(modules);

function fail(problems) {
  const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => packageDir, getNewLine: () => "\n" };
  console.error(ts.formatDiagnostics(problems, host));
  process.exit(1);
}
