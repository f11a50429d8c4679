import fc from "fast-check";
import { expect, it } from "vitest";
import { createVirtualClock } from "../../../lib/adapters/memory/clock.ts";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import type { Json } from "../../../lib/model/json.ts";
import type { StoredRequest } from "../../../lib/model/request.ts";
import { documentHash } from "../../../lib/plan/document-hash.ts";
import { parseDocument, parseRequest, parseStoredWorkflow } from "../../../lib/plan/parse-request.ts";
import { readDocument, storedBody } from "../../../lib/records/documents.ts";
import { bytesOf, partsOf } from "../../../lib/records/parts.ts";
import { type OwnValue, readValues, storeValue } from "../../../lib/records/values.ts";

// What JSON writes and reads back, without -0, which it writes as 0; and without the key that requests refuse.
const json = fc
  .jsonValue()
  .map((value) => JSON.stringify(value))
  .filter((text) => !text.includes("__proto__"))
  .map((text) => JSON.parse(text) as Json);
const size = fc.integer({ min: 1, max: 200 });

it("any text is what its parts give, each of which has at most the size asked for", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 2000 }), size, (text, partBytes) => {
      const parts = partsOf(text.toWellFormed(), partBytes);
      expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(partBytes);
      const bytes = Buffer.from(text.toWellFormed());
      expect(Buffer.from(bytesOf(parts, bytes.length) as Uint8Array)).toEqual(bytes);
      if (bytes.length > 1) expect(bytesOf(parts, bytes.length - 1)).toBeUndefined();
    }),
  );
});

it("S17: any values are read back as they were stored, whatever fits inline and in a part", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(json, { maxLength: 10 }), fc.nat(50), size, async (values, inlineBytes, partBytes) => {
      const store = createMemoryStore();
      const stored: OwnValue[] = [];
      for (const value of values) {
        const { value: at } = (await storeValue(store, "run", value, inlineBytes, partBytes)) as { value: OwnValue };
        stored.push(at);
      }
      expect(await readValues(store, "run", stored)).toEqual(values);
    }),
  );
});

it("S1: a request is the same document whether its workflow was sent or stored", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(json, { maxLength: 5 }), size, async (args, partBytes) => {
      const sent = parseDocument({ tutti: 1, type: "submit", id: "run", workflow: { task: "a", args } });
      const store = createMemoryStore();
      const request = { ...sent, name: "again", requestId: "q1" };
      const body = await storedBody({ store, clock: createVirtualClock(0) }, request, partBytes);
      const parsed = parseRequest(body) as StoredRequest;
      const found = parseStoredWorkflow(parsed, await readDocument(store, parsed));
      expect(found).toEqual(request);
      expect(documentHash(found)).toBe(documentHash(sent));
    }),
  );
});
