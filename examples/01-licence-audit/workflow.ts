/**
 * The audit as a workflow: a chord with one member for each package.
 */
import path from "node:path";
import { chord } from "tutti";
import type { InstalledPackage } from "./find-packages.ts";
import { classifyPackage, makeReport } from "./tasks.ts";

const maxLabelCharacters = 256;

export interface AuditOptions {
  /** Folder that holds `node_modules`. */
  readonly rootFolder: string;
  /** What is installed there, as `findPackages` lists it. */
  readonly packages: readonly InstalledPackage[];
  /** Where the report goes. @default `rootFolder` */
  readonly outputFolder?: string;
  /** For the report, as ISO 8601. @default not mentioned */
  readonly auditedAt?: string;
}

/** All packages in parallel, then one report, whatever became of them. */
export function auditWorkflow({ rootFolder, packages, outputFolder = rootFolder, auditedAt }: AuditOptions) {
  // The workers may run in another folder.
  const root = path.resolve(rootFolder);
  const output = path.resolve(outputFolder);
  return chord(
    packages.map((item) => classifyPackage.with(root, item.path).withOptions({ label: labelOf(item) })),
    auditedAt === undefined ? makeReport.with(root, output) : makeReport.with(root, output, auditedAt),
    { when: "all-settled" },
  );
}

/** What listings show for the member. */
function labelOf({ name, version }: InstalledPackage): string {
  return (version === null ? name : `${name}@${version}`).slice(0, maxLabelCharacters);
}
