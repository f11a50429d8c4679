/**
 * docs/operations.md: that its commands exist, and that it leaves out no cause.
 */
import { expect, it } from "vitest";
import { createProgram } from "../../../cli/program.ts";
import { causes } from "../../../lib/model/causes.ts";
import { fakeIo } from "../../cli/fake-io.ts";
import { read } from "./shown-by.ts";

const page = read("docs/operations.md");
const commands = (await createProgram(fakeIo())).commands;

it("names commands and options that there are", () => {
  const named = [...page.matchAll(/tutti ([a-z]+)((?: (?:--[a-z-]+|[A-Z'/0-9.]\S*))*)/g)];
  expect(named.length).toBeGreaterThan(15);
  const wrong = named.flatMap(([text, name, rest = ""]) => {
    const command = commands.find((one) => one.name() === name);
    const flags = rest.match(/--[a-z-]+/g) ?? [];
    const known = flags.every((flag) => command?.options.some(({ long }) => long === flag));
    return command !== undefined && known ? [] : [text];
  });
  expect(wrong).toEqual([]);
});

it("says of every cause what it means and what to do", () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| [^|]*\S +\| [^|]*\S +\|$/gm)].map(([, cause]) => cause);
  expect(rows.sort()).toEqual([...causes].sort());
});

it("S1-78: has the order of troubleshooting, in commands that there are", () => {
  const steps = [...page.matchAll(/^\| \d +\| (.*?) +\| /gm)].map(([, step]) => step as string);
  expect(steps.map((step) => /tutti [a-z]+|logs/.exec(step)?.[0])).toEqual([
    "tutti fix",
    "tutti status",
    "tutti check",
    "logs",
    "tutti revoke",
  ]);
});

it("S1-80: has the emergency: stop, purge, restart, quick fix", () => {
  const [, section = ""] = /^## Emergency: [^\n]*\n([\s\S]*?)^## /m.exec(page) ?? [];
  const steps = [...section.matchAll(/^(\d)\. ([^.]*?`?(?:\.|says|shows|:))/gm)].map(([, , step]) => step);
  expect(steps).toEqual([
    "Stop all workers.",
    "`tutti clean --all --force --queues --dry-run` says",
    "Start the workers again:",
    "`tutti fix` shows",
  ]);
  expect(section).toContain("then `tutti clean --all --force --queues`");
});

it("has every kind of thing that doctor looks at, with its marks", () => {
  for (const mark of ["✓", "✗", "!", "–"]) expect(page).toContain(`\`${mark}\``);
  for (const what of ["Credentials", "Table", "Expiry", "Each queue", "Readers", "Clock", "Sweeper"])
    expect(page).toMatch(new RegExp(`^\\| ${what} +\\| [^|]*\\S +\\|`, "m"));
});

it("S1-79: has the filter for the last 50 lines of the logs", () => {
  const [, pattern = ""] = /grep -E '([^']+)' \| tail -n 50/.exec(page) ?? [];
  const finds = (line: object) => new RegExp(pattern).test(JSON.stringify(line));
  expect(finds({ level: "INFO", event: "decided" })).toBe(true);
  expect(finds({ level: "WARN", event: "settled" })).toBe(true);
  expect(finds({ level: "ERROR", message: "x" })).toBe(true);
  expect(finds({ level: "DEBUG", event: "claimed" })).toBe(false);
  for (const word of ["chord_unlock", "MaxRetries"]) expect(page).toContain(word);
});

it("S1-51: has the cron line of every 15 minutes", () => {
  expect(page).toMatch(/^\*\/15 \* \* \* \* +tutti check --max-hours 1 /m);
});

it("S1-81: has a chapter on prevention", () => {
  const [, chapter = ""] = /^## Prevention\n([\s\S]*)/m.exec(page) ?? [];
  for (const word of ["timeoutSeconds", "deadline", "FatalError", "tutti health", "faults"])
    expect(chapter).toContain(word);
});
