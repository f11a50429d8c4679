import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { outsideTaskJsonSchema } from "../../../lib/model/outside.ts";
import { requestJsonSchema } from "../../../lib/model/request.ts";

describe("requestJsonSchema", () => {
  it("is what schema/tutti-1.json holds; else run: npx tsx scripts/write-schema.ts", () => {
    const file = new URL("../../../schema/tutti-1.json", import.meta.url);
    expect(readFileSync(file, "utf8")).toBe(`${JSON.stringify(requestJsonSchema(), null, 2)}\n`);
  });

  it("has the message of outside tasks beside it, in schema/outside-task-1.json", () => {
    const file = new URL("../../../schema/outside-task-1.json", import.meta.url);
    expect(readFileSync(file, "utf8")).toBe(`${JSON.stringify(outsideTaskJsonSchema(), null, 2)}\n`);
  });

  it("refuses unknown keys in every object of the grammar", () => {
    const open: string[] = [];
    const visit = (value: unknown, at: string): void => {
      if (typeof value !== "object" || value === null) return;
      const schema = value as {
        readonly type?: unknown;
        readonly properties?: unknown;
        readonly additionalProperties?: unknown;
      };
      if (schema.type === "object" && schema.properties !== undefined && schema.additionalProperties !== false)
        open.push(at);
      for (const [key, inside] of Object.entries(value)) visit(inside, `${at}/${key}`);
    };
    visit(requestJsonSchema(), "");
    expect(open).toEqual([]);
  });
});
