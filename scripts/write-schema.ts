/**
 * Writes the grammar of requests as JSON Schema: `npx tsx scripts/write-schema.ts`. A test says when that is due.
 */
import { writeFileSync } from "node:fs";
import { requestJsonSchema } from "../lib/model/request.ts";

const file = new URL("../schema/tutti-1.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(requestJsonSchema(), null, 2)}\n`);
