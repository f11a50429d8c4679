/** The limits of our own that stand in for Lambda's guard against loops. */
import { limits } from "../../lib/model/limits.ts";

const { nestingLevels, tasksPerRun, maxAttempts, maxLost } = limits;
export const acceptedHops = { nestingLevels, tasksPerRun, maxAttempts, maxLost };
