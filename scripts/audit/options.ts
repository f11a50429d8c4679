import { parseArgs } from "node:util";

export interface AuditOptions {
  /** Folder whose `node_modules` is audited. */
  readonly folder: string;
  readonly kill: boolean;
  readonly help: boolean;
}

export const usage = `usage: npm start -- [FOLDER] [--kill]

Audits the licences of the packages in FOLDER/node_modules (default: this project) as one chord on the embedded engine:
one task a package, and a callback that writes licence-report/licence-report.md.

  --kill   SIGKILLs worker processes at random moments meanwhile: the report is the same, its callback is decided once
  --help   this text

example: npm start -- ../my-app --kill`;

/** @throws TypeError for an unknown flag or a second folder. */
export function parseOptions(args: readonly string[]): AuditOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { kill: { type: "boolean", default: false }, help: { type: "boolean", short: "h", default: false } },
  });
  if (positionals.length > 1) throw new TypeError(`one folder at a time, found ${positionals.join(" and ")}`);
  return { folder: positionals[0] ?? ".", kill: values.kill, help: values.help };
}
