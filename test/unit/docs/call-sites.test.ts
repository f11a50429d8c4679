/**
 * That reading call sites from the source misses none.
 */
import { describe, expect, it } from "vitest";
import { allCalls, callsIn, forwarders, sourceFiles, takingSites } from "./call-sites.ts";
import { read, sorted } from "./tables.ts";

const calls = allCalls();

describe("the reading of the source", () => {
  it("knows every function that takes a site from its caller", () => {
    const taking = sourceFiles().flatMap((file) => takingSites(read(file)).map((name) => `${file} ${name}`));
    expect(sorted(taking)).toEqual([
      "lib/coordinator/run.ts write",
      ...[
        "lib/coordinator/sending.ts sendAll",
        "lib/coordinator/sending.ts sendMap",
        "lib/coordinator/sending.ts sendNodes",
      ],
      "lib/records/parts.ts writeParts",
    ]);
    expect(sorted(Object.keys(forwarders))).toEqual(["sendAll", "sendMap", "sendNodes", "writeParts"]);
  });

  it("misses no text that looks like a site", () => {
    const found = new Set(calls.map(({ site }) => site));
    const rooms = sourceFiles().filter((file) =>
      /^(?:lib\/(?:client|coordinator|records|testing)\/|local\/recurring\.ts)/.test(file),
    );
    const alike = rooms.flatMap((file) => {
      const text = read(file).replace(/metrics\.count\("[^"]*"/g, "");
      return [...text.matchAll(/"([a-z]+\.[a-z-]+)"/g)].map(([, name]) => name as string);
    });
    expect(sorted(alike)).toEqual(sorted(found));
  });

  it.each([
    ["a literal", 'await deps.store.get(key, "a.b");', [{ method: "get", site: "a.b", file: "x.ts" }]],
    [
      "a call over lines",
      'store.write(\n  f(a, { b: "c, d)" }),\n  "a.b",\n);',
      [{ method: "write", site: "a.b", file: "x.ts" }],
    ],
    ["a forwarder", 'await sendNodes(delivery, [one, two], "a.b")', [{ method: "send", site: "a.b", file: "x.ts" }]],
    ["a name handed on", "deps.store.write(write, site)", []],
    ["another object", 'deps.log.write("warn", "a.b")', []],
  ])("reads %s", (_, text, found) => {
    expect(callsIn("lib/x.ts", text)).toEqual(found);
  });

  it("refuses a call whose site is neither", () => {
    expect(() => callsIn("lib/x.ts", "store.get(key, nameOf(b))")).toThrow("must name its site");
  });
});
