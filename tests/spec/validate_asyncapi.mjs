// Validates AsyncAPI documents with the official parser: `node validate_asyncapi.mjs FILE...`.
// Prints each diagnostic, one a line; exit code 1 when a document has one of them, whatever its severity, or cannot be read.
import asyncapi from "@asyncapi/parser";

// 3.0.0 is what our tools read (ARCHITECTURE.md), so that a newer version is out is no finding.
const IGNORED = new Set(["asyncapi-latest-version"]);
const SEVERITIES = ["error", "warning", "information", "hint"];

let found = 0;
for (const file of process.argv.slice(2)) {
  const { document, diagnostics } = await asyncapi.fromFile(new asyncapi.Parser(), file).parse();
  for (const { severity, code, path, message } of diagnostics.filter((item) => !IGNORED.has(item.code))) {
    console.log(`${file}: ${SEVERITIES[severity]} ${code} at /${path.join("/")}: ${message}`);
    found += 1;
  }
  if (document === undefined) {
    console.log(`${file}: not a valid AsyncAPI document`);
    found += 1;
  } else {
    console.log(`${file}: AsyncAPI ${document.version()}, ${document.operations().length} operations`);
  }
}
process.exit(found === 0 && process.argv.length > 2 ? 0 : 1);
