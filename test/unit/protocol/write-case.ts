/**
 * A write with the items it must and must not apply to; and the same write with one part of its condition taken out, to
 * show that each part is needed.
 */
import { createMemoryStore } from "../../../lib/adapters/memory/store.ts";
import type { Condition, Image, Write } from "../../../lib/ports/store.ts";

export interface WriteCase {
  readonly name: string;
  readonly write: Write;
  /** Name, item before (undefined: none), and of the item after what the write is about. */
  readonly applies: readonly (readonly [name: string, before: Image | undefined, after: Image])[];
  readonly refuses: readonly (readonly [name: string, before: Image | undefined])[];
}

/** What the memory store makes of it. */
export async function perform(write: Write, before: Image | undefined) {
  const store = createMemoryStore();
  if (before) store.restore([{ key: write.key, image: before }]);
  const result = await store.write(write, "test");
  return { ...result, stored: store.dump()[0]?.image };
}

/** The write with each part of its condition taken out in turn; and without any. */
export function weakened(write: Write): { readonly part: string; readonly write: Write }[] {
  const { condition, ...unconditional } = write;
  if (condition === undefined) return [];
  const mutants = mutantsOf(condition).map(({ part, condition: mutant }) => ({
    part,
    write: { ...write, condition: mutant },
  }));
  return [{ part: "everything", write: unconditional }, ...mutants];
}

interface Mutant {
  readonly part: string;
  readonly condition: Condition;
}

function mutantsOf(condition: Condition): Mutant[] {
  if (condition.is !== "all" && condition.is !== "any") return [];
  const { is, of } = condition;
  return of.flatMap((part, at) => {
    const rest = of.filter((_, other) => other !== at);
    const inside = mutantsOf(part).map((mutant) => ({
      part: mutant.part,
      condition: { is, of: of.with(at, mutant.condition) },
    }));
    // An `all` of one part less is weaker, an `any` of one part less stricter: both must show.
    return rest.length === 0
      ? inside
      : [{ part: `${is}: ${JSON.stringify(part)}`, condition: { is, of: rest } }, ...inside];
  });
}

/** Whether some item of the case tells the two writes apart. */
export async function isNoticed({ applies, refuses }: WriteCase, mutant: Write): Promise<boolean> {
  const wanted = [
    ...applies.map(([, before]) => ({ before, applied: true })),
    ...refuses.map(([, before]) => ({ before, applied: false })),
  ];
  for (const { before, applied } of wanted) {
    const found = await perform(mutant, before).then(
      (result) => result.applied,
      () => false,
    );
    if (found !== applied) return true;
  }
  return false;
}
