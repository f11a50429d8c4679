import { expect, it } from "vitest";
import { catchVariant, variants } from "./variants.ts";

it.each(Object.keys(variants))("the crash lane catches: %s", async (name) => {
  expect(await catchVariant(name)).toBeDefined();
});
