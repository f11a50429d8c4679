/**
 * Every call site that the crash lane tries faults at: one that no scenario reaches fails the lane.
 */
export { sites } from "../../lib/testing/sites.ts";

/** The two things the holder of a message does with it, outside the driver. */
export const messageSites = ["message.acknowledge", "message.return"] as const;
