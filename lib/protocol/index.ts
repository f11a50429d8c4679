/**
 * The decisions of the protocol as one value.
 *
 * The driver takes them as an argument, so that the verification harness can put a known wrong one in the place of one
 * and show that it is caught. Production always passes this.
 */
import { chargeRow } from "./budget.ts";
import { decisionOf, owedDecision } from "./decision.ts";
import { diagnose } from "./diagnose.ts";
import { failedRow, mayCopy, owesHedge } from "./hedge.ts";
import { laneGoesOn, nextOpenUnit } from "./lanes.ts";
import { outsideRow, reportRow } from "./outside.ts";
import { afterFailure } from "./retry.ts";
import { driverRow, mayCarry, ownRow, wakeRow } from "./rows.ts";
import { mayStart } from "./status.ts";

export const protocol = {
  ownRow,
  driverRow,
  wakeRow,
  outsideRow,
  reportRow,
  mayCarry,
  mayStart,
  decisionOf,
  owedDecision,
  afterFailure,
  failedRow,
  owesHedge,
  mayCopy,
  diagnose,
  laneGoesOn,
  nextOpenUnit,
  chargeRow,
} as const;
export type Protocol = {
  readonly [K in keyof typeof protocol]: (typeof protocol)[K];
};
