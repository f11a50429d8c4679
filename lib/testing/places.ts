/**
 * Which task a slot belongs to: what a write of the driver records, in words of the workflow.
 */
import type { RunId } from "../model/ids.ts";
import { nodesOf, taskMessageSchema } from "../model/message.ts";
import type { Plan, PlanNode } from "../plan/types.ts";
import type { Image, Key, Write } from "../ports/store.ts";
import { type Decision, decisionOf } from "../protocol/decision.ts";
import { type SlotPlace, slotPlace } from "../protocol/keys.ts";
import { decodeSlot, type Slot } from "../protocol/slot.ts";
import { tallyKey, topOf } from "../protocol/tally.ts";

/** A node's slot as a write sets it. */
export interface SlotRecord {
  readonly runId: RunId;
  readonly node: PlanNode;
  readonly slot: Slot;
}

/** A node that a message names. */
export interface NamedNode {
  readonly runId: RunId;
  readonly node: PlanNode;
  readonly place: SlotPlace;
}

/** The plans of the runs that were accepted. */
export interface Places {
  add(runId: RunId, plan: Plan): void;
  slotsIn(write: Write): readonly SlotRecord[];
  /** The decision that a write was, given the item as it left it. */
  decisionIn(
    write: Write,
    image: Image,
  ): { readonly runId: RunId; readonly join: string; readonly decision: Decision } | undefined;
  /** Nodes of the runs that are known; none of a message that starts no task. */
  nodesIn(body: string): readonly NamedNode[];
  runs(): readonly RunId[];
}

interface KnownPlan {
  readonly plan: Plan;
  readonly nodes: ReadonlyMap<string, PlanNode>;
}

export function createPlaces(): Places {
  const known = new Map<RunId, KnownPlan>();

  const planOf = (key: Key): (KnownPlan & { readonly runId: RunId }) | undefined => {
    // A large group lies in partitions of its own, named after the run; ids hold no "#".
    const [runId = ""] = key.pk.split("#");
    const found = known.get(runId);
    return found && { ...found, runId };
  };

  return {
    add(runId, plan) {
      const nodes = Object.values(plan.nodes).map((node) => [nameOf(placeOf(runId, plan, node)), node] as const);
      known.set(runId, { plan, nodes: new Map(nodes) });
    },

    slotsIn(write) {
      const found = planOf(write.key);
      if (found === undefined) return [];
      return write.set.flatMap((action) => {
        if (action.path.length !== 1 || !("value" in action)) return [];
        const node = found.nodes.get(nameOf({ key: write.key, attribute: action.path[0] }));
        return node === undefined ? [] : [{ runId: found.runId, node, slot: decodeSlot(action.value) }];
      });
    },

    decisionIn(write, image) {
      const found = planOf(write.key);
      if (found === undefined || !decides(write, image)) return undefined;
      const { plan, runId } = found;
      const join = Object.values(plan.joins).find(
        (one) => one.size > 0 && nameOfKey(tallyKey(runId, one, topOf(one))) === nameOfKey(write.key),
      );
      const decision = join && decisionOf(join, image);
      return join && decision && { runId, join: join.id, decision };
    },

    nodesIn(body) {
      const parsed = taskMessageSchema.safeParse(JSON.parse(body));
      if (!parsed.success) return [];
      const { run: runId } = parsed.data;
      const plan = known.get(runId)?.plan;
      return nodesOf(parsed.data).flatMap((id) => {
        const node = plan?.nodes[id];
        return plan && node ? [{ runId, node, place: placeOf(runId, plan, node) }] : [];
      });
    },

    runs: () => [...known.keys()],
  };
}

/** An early decision, or an arrival at an item that nothing was decided on: the one that fills it decides. */
function decides(write: Write, image: Image): boolean {
  if (write.set.some(({ path }) => path[0] === "decision")) return true;
  const arrives = write.set.some((action) => "minus" in action && action.path[0] === "remaining");
  return arrives && image.decision === undefined;
}

function placeOf(runId: RunId, plan: Plan, node: PlanNode): SlotPlace {
  return slotPlace(runId, node, node.slot === null ? undefined : plan.joins[node.slot.join]);
}

function nameOf({ key, attribute }: Pick<SlotPlace, "key" | "attribute">): string {
  return `${nameOfKey(key)}\n${attribute}`;
}

function nameOfKey({ pk, sk }: Key): string {
  return `${pk}\n${sk}`;
}
