/**
 * Wrong drivers, each of which the comparison with the reference must catch: plans that say something else than the document,
 * and decisions that break the contract.
 */
import type { Plan, PlanJoin, PlanNode } from "../../../lib/plan/types.ts";
import { protocol } from "../../../lib/protocol/index.ts";
import type { Variant } from "../../simulation/world.ts";

const changingNodes =
  (change: (node: PlanNode) => PlanNode) =>
  (plan: Plan): Plan => ({
    ...plan,
    nodes: Object.fromEntries(Object.entries(plan.nodes).map(([id, node]) => [id, change(node)])),
  });

const changingJoins =
  (change: (join: PlanJoin) => PlanJoin) =>
  (plan: Plan): Plan => ({
    ...plan,
    joins: Object.fromEntries(Object.entries(plan.joins).map(([id, join]) => [id, change(join)])),
  });

export const wrongDrivers: Readonly<Record<string, Variant>> = {
  "hands no result on": { plan: changingNodes((node) => ({ ...node, input: null })) },
  "forgets error callbacks": { plan: changingJoins((join) => ({ ...join, onError: null })) },
  "tells outcomes where values are due": {
    plan: changingJoins((join) => ({ ...join, when: "all-settled" })),
  },
  "forgets delays": { plan: changingNodes(({ delaySeconds: _, ...node }) => node) },
  "forgets labels": { plan: changingNodes(({ label: _, ...node }) => node) },
  "gives one attempt too many": {
    plan: changingNodes((node) => ({ ...node, retry: { ...node.retry, maxAttempts: node.retry.maxAttempts + 1 } })),
  },
  "gives one attempt only": { plan: changingNodes((node) => ({ ...node, retry: { ...node.retry, maxAttempts: 1 } })) },
  "ends with the first task": { plan: (plan) => ({ ...plan, start: [...plan.start, { kind: "end" }] }) },
  "starts tasks after the end": { protocol: { mayStart: () => true } },
  "never retries": {
    protocol: {
      afterFailure: (policy, counts, failure, fraction) =>
        protocol.afterFailure(policy, counts, { ...failure, retryable: false }, fraction),
    },
  },
  "calls a time-out a failure": {
    protocol: {
      afterFailure: (policy, counts, failure, fraction) =>
        protocol.afterFailure(policy, counts, { ...failure, timedOut: false }, fraction),
    },
  },
  "counts a lost worker as a failure": {
    protocol: {
      afterFailure: (policy, { attempt }, failure, fraction) =>
        protocol.afterFailure(policy, { attempt, lost: 0 }, failure, fraction),
    },
  },
  "lets a failure vanish that a chord absorbs": {
    plan: changingNodes((node) =>
      node.failure.then.kind === "slot" ? { ...node, failure: { ...node.failure, then: { kind: "none" } } } : node,
    ),
  },
};
