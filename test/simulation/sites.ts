/**
 * Every call site that the crash lane tries faults at: one that no scenario reaches fails the lane.
 */
export { sites } from "../../lib/testing/sites.ts";

/** What the holder of a message does with it outside the driver; a program elsewhere reports too. */
export const messageSites = ["message.acknowledge", "message.return", "report.send"] as const;
