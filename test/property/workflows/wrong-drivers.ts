/**
 * Wrong drivers, each of which the comparison with the reference must catch: plans that say something else than the document,
 * and decisions that break the contract.
 */
import type { Plan, PlanJoin, PlanNode } from "../../../lib/plan/types.ts";
import type { SetAction, Store } from "../../../lib/ports/store.ts";
import { protocol } from "../../../lib/protocol/index.ts";
import { encodeValue } from "../../../lib/protocol/slot.ts";
import { remainingOf, topOf } from "../../../lib/protocol/tally.ts";
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

function withoutConditions<Unit extends PlanNode | PlanJoin>(
  units: Readonly<Record<string, Unit>>,
): Readonly<Record<string, Unit>> {
  return Object.fromEntries(Object.entries(units).map(([id, { if: _, ...unit }]) => [id, unit as Unit]));
}

/** A slot that does not say why it was skipped. */
function withoutReason(action: SetAction): SetAction {
  const value = "value" in action ? action.value : undefined;
  if (typeof value !== "object" || value === null || !("k" in value)) return action;
  return { path: action.path, value: { ...value, k: {} } };
}

/** Whatever a quorum accepts, it keeps another list. */
const acceptingAll = (store: Store): Store => ({
  ...store,
  write: (write, site) =>
    store.write(
      site === "join.accept" ? { ...write, set: write.set.map((action) => acceptedInstead(action)) } : write,
      site,
    ),
});

function acceptedInstead(action: SetAction): SetAction {
  const everybody = encodeValue({ kind: "inline", text: "[[0,100]]" });
  return action.path[0] === "accepted" && "value" in action ? { path: action.path, value: everybody } : action;
}

/** A retry finds nothing of what tasks outside of headers have come to. */
const forgetting = (store: Store): Store => ({
  ...store,
  async write(write, site) {
    const result = await store.write(write, site);
    if (site === "head.raise" && result.applied) {
      const { items } = await store.query(write.key.pk, "node#", undefined, site);
      await store.remove(
        items.map(({ key }) => key),
        site,
      );
    }
    return result;
  },
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
  "cuts sleeps short": {
    plan: changingNodes((node) => (node.sleep && node.delaySeconds ? { ...node, delaySeconds: 1 } : node)),
  },
  "tolerates one failure more": {
    plan: changingJoins((join) => (join.when === "tolerate" ? { ...join, count: (join.count ?? 0) + 1 } : join)),
  },
  "tolerates none": {
    plan: changingJoins((join) => (join.when === "tolerate" ? { ...join, count: 0 } : join)),
  },
  "waits for all members before it gives up a tolerant chord": {
    protocol: {
      owedDecision: (join, top) => (join.when === "tolerate" ? undefined : protocol.owedDecision(join, top)),
    },
  },
  "is content with one success less than a quorum": {
    plan: changingJoins((join) =>
      join.when === "quorum" ? { ...join, count: Math.max(1, (join.count ?? 0) - 1) } : join,
    ),
  },
  "waits for all members before it decides a quorum": {
    protocol: {
      owedDecision: (join, top) =>
        join.when === "quorum" && remainingOf(join, topOf(join), top) > 0
          ? undefined
          : protocol.owedDecision(join, top),
    },
  },
  "accepts who comes after the quorum": { store: acceptingAll },
  "ends a run at once that is to finish": {
    plan: (plan) => ({
      ...plan,
      nodes: Object.fromEntries(
        Object.entries(plan.nodes).map(([id, node]) => [
          id,
          node.failure.then.kind === "skip" ? { ...node, failure: { decide: [], then: { kind: "head" } } } : node,
        ]),
      ),
    }),
  },
  "runs again what has succeeded": { store: forgetting },
  "calls a skip a success": {
    protocol: {
      decisionOf: (join, top) => {
        const decision = protocol.decisionOf(join, top);
        return decision === "skipped" ? "callback" : decision;
      },
    },
  },
  "looks at no condition": {
    plan: (plan) => ({
      ...plan,
      nodes: withoutConditions(plan.nodes),
      joins: withoutConditions(plan.joins),
    }),
  },
  "forgets why something is skipped": {
    store: (store) => ({
      ...store,
      write: (write, site) => store.write({ ...write, set: write.set.map((action) => withoutReason(action)) }, site),
    }),
  },
  "never tells a map what it has come to": {
    queue: (queue) => ({
      ...queue,
      send: async (to, messages, site) => (site === "parent.send" ? { failed: [] } : queue.send(to, messages, site)),
    }),
  },
  "lets half of a lane wait": { protocol: { laneGoesOn: (found) => protocol.laneGoesOn(found) && !found.own } },
  "runs a map all at once": {
    plan: changingJoins(({ lanes: _, ...join }) => join),
  },
};
