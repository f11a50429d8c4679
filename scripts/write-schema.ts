/**
 * Writes what is shipped as JSON Schema, the grammar of requests, the message of outside tasks and the reports of commands:
 * `npx tsx scripts/write-schema.ts`. A test says when that is due.
 */
import { writeFileSync } from "node:fs";
import { reportsJsonSchema } from "../lib/model/operating-reports.ts";
import { outsideTaskJsonSchema } from "../lib/model/outside.ts";
import { requestJsonSchema } from "../lib/model/request.ts";

for (const [name, schema] of [
  ["tutti-1.json", requestJsonSchema()],
  ["outside-task-1.json", outsideTaskJsonSchema()],
  ["reports-1.json", reportsJsonSchema()],
] as const) {
  writeFileSync(new URL(`../schema/${name}`, import.meta.url), `${JSON.stringify(schema, null, 2)}\n`);
}
