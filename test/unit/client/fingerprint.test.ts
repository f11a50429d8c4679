import { expect, it } from "vitest";
import { fingerprintOf, messageTemplate } from "../../../lib/client/fingerprint.ts";

const of = (name: string, message: string) => fingerprintOf({ name, message });

it.each([
  ["file 17 of 20 is absent", "file … of … is absent"],
  ['no user "Ann Lee" in org-7', "no user … in …"],
  ["ENOENT: no such file, open '/tmp/a/2026-11-21.txt'", "ENOENT: no such file, open …"],
  ["[0]/header[3] ended FAILED", "… ended FAILED"],
  ["broken", "broken"],
])("takes what is of one run out of %s", (message, template) => {
  expect(messageTemplate(message)).toBe(template);
});

it("is the same for one kind, another for another name or text, and never changes", () => {
  expect(of("Error", "file 1 is absent")).toBe(of("Error", "file 22 is absent"));
  expect(of("FatalError", "file 1 is absent")).not.toBe(of("Error", "file 1 is absent"));
  expect(of("Error", "file 1 is broken")).not.toBe(of("Error", "file 1 is absent"));
  expect(of("Error", "broken")).toMatch(/^[0-9a-f]{12}$/);
});
