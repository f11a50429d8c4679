/**
 * The stack of each release, synthesised once, when it is first asked for.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { maxZippedBytes, zippedBytes } from "../support/zipped.ts";
import { type Release, synthesise, type Where } from "./cdk.ts";
import { plainEnvironment } from "./environment.ts";
import type { Report } from "./report.ts";

export type Assemblies = (release: Release) => Promise<string>;

export function assembliesIn(folder: string, where: Where, report: Report): Assemblies {
  const made = new Map<Release, Promise<string>>();
  const make = async (release: Release) => {
    const assembly = join(folder, `release-${release}`);
    await report.timed("", `synthesis of release ${release}`, async () => {
      await synthesise(plainEnvironment(), assembly, release, where);
      return `bundles of ${bundleSizes(assembly)} KiB zipped`;
    });
    return assembly;
  };
  return (release) => {
    const known = made.get(release) ?? make(release);
    made.set(release, known);
    return known;
  };
}

/** Sizes of the bundles of an assembly. @throws Error for one that is too large to start quickly. */
function bundleSizes(assembly: string): string {
  const bundles = readdirSync(assembly).filter((name) => name.startsWith("asset.") && !name.endsWith(".json"));
  const sizes = bundles.map((name) => zippedBytes(join(assembly, name)));
  if (sizes.some((bytes) => bytes > maxZippedBytes))
    throw new Error(`a bundle is too large: ${sizes.join(", ")} bytes`);
  return sizes.map((bytes) => Math.round(bytes / 1024)).join(", ");
}
