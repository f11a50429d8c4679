import fc from "fast-check";
import type { Lane } from "./lane.ts";

export interface LaneReport {
  readonly lane: string;
  readonly seed: number;
  readonly inputs: number;
  readonly failure?: { readonly path: string; readonly input: string; readonly error: string };
}

export interface LaneOptions {
  readonly cases: number;
  readonly seed: number;
  /** One case alone. */
  readonly path?: string | undefined;
  /** Told now and then which case is next. */
  readonly onCase?: (run: number) => void;
}

const tellEvery = 50;
const shownInput = 2000;

export async function runLane({ name, inputsPerCase, property }: Lane, options: LaneOptions): Promise<LaneReport> {
  const { cases, seed, path, onCase = () => {} } = options;
  let run = 0;
  const told: typeof property = {
    isAsync: () => property.isAsync() as never,
    generate: (random, id) => property.generate(random, id),
    shrink: (value) => property.shrink(value),
    runBeforeEach: () => property.runBeforeEach(),
    runAfterEach: () => property.runAfterEach(),
    run: (value) => {
      if (run++ % tellEvery === 0) onCase(run);
      return property.run(value);
    },
  };
  const replayed = path === undefined ? {} : { path, endOnFailure: true };
  const details = await fc.check(told, { seed, numRuns: cases, ...replayed });
  const inputs = details.numRuns * inputsPerCase;
  if (!details.failed) return { lane: name, seed, inputs };
  const input = fc.stringify(details.counterexample?.[0]).slice(0, shownInput);
  const { errorInstance } = details;
  const error = errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance);
  return { lane: name, seed, inputs, failure: { path: details.counterexamplePath ?? "", input, error } };
}
