#!/usr/bin/env node
// The `tutti` command. A committed, executable file instead of one in dist: npm links it before dist exists,
// and a rebuilt dist file would lose its x bit. All it does is start dist/cli/main.js.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

// The AWS SDK warns about Node 20 on every process's stderr, which a command line tool must keep for its own notes.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";

const main = new URL("../dist/cli/main.js", import.meta.url);
if (existsSync(fileURLToPath(main))) {
  await import(main.href);
} else {
  process.stderr.write("tutti: not built yet: run npm ci (or npm run build) in the tutti checkout\n");
  process.exitCode = 1;
}
