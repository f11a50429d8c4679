import { createSweepFunction } from "../functions.ts";

export const handler = createSweepFunction();
