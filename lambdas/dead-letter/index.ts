import { createDeadLetterFunction } from "../functions.ts";

export const handler = createDeadLetterFunction();
