import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { findPackages, NoPackagesError, nameFromPath } from "./find-packages.ts";
import { addPackage, aFolder } from "./test-packages.ts";

async function pathsIn(root: string): Promise<readonly string[]> {
  return (await findPackages(root)).map((found) => found.path);
}

describe("findPackages", () => {
  it("lists plain, scoped and nested packages in the order of their paths", async () => {
    const root = aFolder();
    addPackage(root, { path: "node_modules/zebra" });
    addPackage(root, { path: "node_modules/alpha/node_modules/zebra" });
    addPackage(root, { path: "node_modules/alpha" });
    addPackage(root, { path: "node_modules/@scope/beta/node_modules/@scope/gamma" });
    addPackage(root, { path: "node_modules/@scope/beta" });
    expect(await pathsIn(root)).toEqual([
      "node_modules/@scope/beta",
      "node_modules/@scope/beta/node_modules/@scope/gamma",
      "node_modules/alpha",
      "node_modules/alpha/node_modules/zebra",
      "node_modules/zebra",
    ]);
  });

  it("gives name and version of package.json, which may differ from the folder's name", async () => {
    const root = aFolder();
    addPackage(root, { path: "node_modules/alias", manifest: { name: "real-name", version: "2.3.4" } });
    expect(await findPackages(root)).toEqual([{ name: "real-name", version: "2.3.4", path: "node_modules/alias" }]);
  });

  it("takes the name from the path when package.json is broken or has none", async () => {
    const root = aFolder();
    addPackage(root, { path: "node_modules/@scope/broken", manifest: "{ not json" });
    addPackage(root, { path: "node_modules/nameless", manifest: '{"version": 7}' });
    expect(await findPackages(root)).toEqual([
      { name: "@scope/broken", version: null, path: "node_modules/@scope/broken" },
      { name: "nameless", version: null, path: "node_modules/nameless" },
    ]);
  });

  it("lists packages with names of any script", async () => {
    const root = aFolder();
    addPackage(root, { path: "node_modules/größe-日本語-🎼" });
    expect(await findPackages(root)).toEqual([
      { name: "größe-日本語-🎼", version: "1.0.0", path: "node_modules/größe-日本語-🎼" },
    ]);
  });

  it("passes over dot folders, files, folders without package.json and broken links", async () => {
    const root = aFolder();
    addPackage(root, { path: "node_modules/real" });
    addPackage(root, { path: "node_modules/.cache/inner" });
    mkdirSync(path.join(root, "node_modules/empty"));
    writeFileSync(path.join(root, "node_modules/.package-lock.json"), "{}");
    writeFileSync(path.join(root, "node_modules/stray.txt"), "");
    symlinkSync(path.join(root, "nowhere"), path.join(root, "node_modules/dangling"));
    expect(await pathsIn(root)).toEqual(["node_modules/real"]);
  });

  it("lists a linked package once, under its real folder where that is in node_modules", async () => {
    const root = aFolder();
    addPackage(root, { path: "node_modules/real" });
    symlinkSync(path.join(root, "node_modules/real"), path.join(root, "node_modules/a-link"));
    symlinkSync(path.join(root, "node_modules/real"), path.join(root, "node_modules/another-link"));
    expect(await pathsIn(root)).toEqual(["node_modules/real"]);
  });

  it("lists a workspace under its link, but not the audited folder itself", async () => {
    const root = aFolder();
    addPackage(root, { path: "workspaces/one" });
    writeFileSync(path.join(root, "package.json"), '{"name": "root"}');
    mkdirSync(path.join(root, "node_modules"));
    symlinkSync(path.join(root, "workspaces/one"), path.join(root, "node_modules/one"));
    symlinkSync(root, path.join(root, "node_modules/root"));
    expect(await pathsIn(root)).toEqual(["node_modules/one"]);
  });

  it("comes to an end on links that form a circle", async () => {
    const root = aFolder();
    addPackage(root, { path: "node_modules/a" });
    addPackage(root, { path: "node_modules/b" });
    for (const [from, to] of [
      ["a", "b"],
      ["b", "a"],
    ] as const) {
      mkdirSync(path.join(root, `node_modules/${from}/node_modules`));
      symlinkSync(path.join(root, `node_modules/${to}`), path.join(root, `node_modules/${from}/node_modules/${to}`));
    }
    expect(await pathsIn(root)).toEqual(["node_modules/a", "node_modules/b"]);
  });

  it("reads the store of pnpm", async () => {
    const root = aFolder();
    const stored = "node_modules/.pnpm/direct@1.0.0/node_modules/direct";
    addPackage(root, { path: stored });
    addPackage(root, { path: "node_modules/.pnpm/indirect@2.0.0/node_modules/indirect" });
    symlinkSync(path.join(root, stored), path.join(root, "node_modules/direct"));
    expect(await pathsIn(root)).toEqual([stored, "node_modules/.pnpm/indirect@2.0.0/node_modules/indirect"]);
  });

  it("says what to do when nothing is installed", async () => {
    const root = aFolder();
    await expect(findPackages(root)).rejects.toThrow(NoPackagesError);
    await expect(findPackages(path.join(root, "missing"))).rejects.toThrow(/run npm install there first/);
  });
});

describe("nameFromPath", () => {
  it.each([
    ["/x/node_modules/a", "a"],
    ["/x/node_modules/@s/a", "@s/a"],
    ["node_modules/a/node_modules/b", "b"],
    ["C:\\x\\node_modules\\@s\\a", "@s/a"],
  ])("reads %s as %s", (folder, name) => {
    expect(nameFromPath(folder)).toBe(name);
  });
});
