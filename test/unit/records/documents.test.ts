import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createVirtualClock } from "../../../lib/adapters/memory/clock.ts";
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import { InvalidRequestError } from "../../../lib/errors.ts";
import { sha256 } from "../../../lib/model/hash.ts";
import type { StoredRequest } from "../../../lib/model/request.ts";
import type { Image } from "../../../lib/ports/store.ts";
import { readDocument, storedBody } from "../../../lib/records/documents.ts";

const nowMs = Date.UTC(2026, 0, 1);
const dueMs = Date.UTC(2026, 0, 31);
const workflow = { task: "a", args: ["é".repeat(100), 1, 2, 3] };
const text = JSON.stringify(workflow);

async function stored(partBytes: number) {
  const store = createMemoryStore();
  const request = { tutti: 1, type: "submit", requestId: "q1", id: "run", workflow } as const;
  const body = await storedBody({ store, clock: createVirtualClock(nowMs) }, request, partBytes);
  return { store, request: JSON.parse(body) as StoredRequest };
}

/** What another program may have stored. */
function foreign(parts: readonly (Image | undefined)[], document: Partial<StoredRequest["document"]> = {}) {
  const store = createMemoryStore();
  const hash = document.sha256 ?? sha256(text);
  store.restore(
    parts.flatMap((image, part) =>
      image === undefined ? [] : [{ key: { pk: "document#q1", sk: `document#${hash}#000${part}` }, image }],
    ),
  );
  const request: StoredRequest = {
    tutti: 1,
    type: "submit",
    requestId: "q1",
    document: { sha256: hash, bytes: Buffer.byteLength(text), parts: parts.length, ...document },
  };
  return readDocument(store, request);
}

const due = { due: dueMs, dueShard: "due#0" };
const bytes = new Uint8Array(Buffer.from(text));

describe("a stored document", () => {
  it("is read back as it was written, from parts that the sweeper removes after 30 days", async () => {
    const { store, request } = await stored(20);
    expect(request).toEqual({
      tutti: 1,
      type: "submit",
      requestId: "q1",
      id: "run",
      document: { sha256: sha256(text), bytes: 230, parts: store.dump().length },
    });
    expect(request.document.parts).toBeGreaterThan(2);
    for (const [part, { key, image }] of store.dump().entries()) {
      expect(key).toEqual({ pk: "document#q1", sk: `document#${sha256(text)}#000${part}` });
      expect(image).toEqual({
        data: expect.any(Uint8Array),
        due: dueMs,
        dueShard: expect.stringMatching(/^due#[0-3]$/),
      });
      expect((image.data as Uint8Array).length).toBeLessThanOrEqual(20);
    }
    expect(await readDocument(store, request)).toBe(text);
  });

  it("may be plain text or gzip, cut anywhere", async () => {
    const cut = (all: Uint8Array, at: number): Image[] => [
      { ...due, data: all.slice(0, at) },
      { ...due, data: all.slice(at) },
    ];
    // In the middle of an é.
    expect(await foreign(cut(bytes, 22))).toBe(text);
    expect(await foreign(cut(new Uint8Array(gzipSync(bytes)), 1))).toBe(text);
  });

  const whole: Image = { ...due, data: bytes };
  const key = `item document#q1 / document#${sha256(text)}#000`;
  it.each<[name: string, reading: () => Promise<string>, path: string, value: unknown, rule: string | RegExp]>([
    [
      "a missing part",
      () => foreign([whole, undefined]),
      "document.parts",
      2,
      `must all be stored before the request is sent: ${key}1 is not there`,
    ],
    [
      "a part without bytes",
      () => foreign([{ ...due, text }]),
      "document.parts",
      1,
      `must all be stored before the request is sent: ${key}0 has no bytes in data`,
    ],
    [
      "a part that nobody would remove",
      () => foreign([{ data: bytes, due: dueMs }]),
      "document.parts",
      1,
      `must say when they may be removed: ${key}0 lacks due or dueShard`,
    ],
    ["fewer bytes", () => foreign([whole], { bytes: 300 }), "document.bytes", 300, /its parts hold 230 bytes/],
    ["more bytes", () => foreign([whole], { bytes: 200 }), "document.bytes", 200, /its parts hold more/],
    [
      "gzip of more bytes",
      () => foreign([{ ...due, data: new Uint8Array(gzipSync("x".repeat(1_000_000))) }]),
      "document.bytes",
      230,
      /its parts hold more/,
    ],
    [
      "damaged gzip",
      () => foreign([{ ...due, data: new Uint8Array(gzipSync(bytes)).slice(0, -10) }]),
      "document.bytes",
      230,
      /gzip that is damaged/,
    ],
    [
      "another content",
      () => foreign([whole], { sha256: "0".repeat(64) }),
      "document.sha256",
      "0".repeat(64),
      `must be that of the document, which is ${sha256(text)}`,
    ],
    [
      "what is not UTF-8",
      () => {
        const data = new Uint8Array([0x22, 0xff, 0x22]);
        return foreign([{ ...due, data }], { bytes: 3, sha256: sha256(data) });
      },
      "document",
      undefined,
      "must be text in UTF-8",
    ],
  ])("is refused for %s", async (_name, reading, path, value, rule) => {
    const error = await reading().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidRequestError);
    expect(error).toMatchObject({ path, rule: typeof rule === "string" ? rule : expect.stringMatching(rule) });
    expect((error as InvalidRequestError).value).toBe(value);
  });
});
