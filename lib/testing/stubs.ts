/**
 * Stubs: what runs in the place of a task's body. Name, arguments, queue, limits and retries stay those of the task.
 */
import { FatalError, InvalidRequestError } from "../errors.ts";
import type { TaskContext } from "../tasks/context.ts";
import type { TaskBody, TaskDefinition } from "../tasks/define-task.ts";
import type { TaskRegistry } from "../tasks/registry.ts";

/**
 * What one call of a stubbed task comes to: a value, an error, or nothing ever. A task of an earlier run is one too.
 */
export interface StubOutcome {
  /** What it returns. @default null */
  readonly value?: unknown;
  /** What it throws: an error as it is; or a stored one by name and message, for good when that is `FatalError`. */
  readonly error?: Error | { readonly name: string; readonly message: string };
  /** True for a body that never ends: its limits end it. */
  readonly hangs?: boolean;
}

/** A body, or one outcome for each call of the task in the order of the calls, whichever member and attempt they are of. */
export type Stub = ((ctx: TaskContext, ...args: never[]) => unknown) | readonly StubOutcome[];

interface StubSettings {
  readonly hang: (ctx: TaskContext) => Promise<void>;
  /** Called when a list has no outcome left. */
  readonly failed: (error: Error) => void;
}

/**
 * The same tasks, some with another body.
 *
 * @throws InvalidRequestError when a stub names no task, or is none.
 */
export function stubbed(
  registry: TaskRegistry,
  stubs: Readonly<Record<string, Stub>>,
  settings: StubSettings,
): TaskRegistry {
  const replaced = new Map(registry);
  for (const [name, stub] of Object.entries(stubs)) {
    const task = registry.get(name);
    if (task === undefined)
      throw new InvalidRequestError(`stubs.${name}`, undefined, `must be one of ${[...registry.keys()].join(", ")}`);
    replaced.set(name, { ...task, body: bodyOf(name, stub, settings) } satisfies TaskDefinition);
  }
  return replaced;
}

function bodyOf(name: string, stub: Stub, settings: StubSettings): TaskBody {
  if (typeof stub === "function") return stub as TaskBody;
  if (!Array.isArray(stub))
    throw new InvalidRequestError(`stubs.${name}`, stub, "must be a function or a list of outcomes");
  return bodyOfList(name, stub as readonly StubOutcome[], settings);
}

function bodyOfList(name: string, outcomes: readonly StubOutcome[], { hang, failed }: StubSettings): TaskBody {
  let calls = 0;
  return async (ctx) => {
    const outcome = outcomes[calls++];
    if (outcome === undefined) {
      const error = new Error(`the stub of ${name} has ${outcomes.length} outcomes, and was called once more`);
      failed(error);
      throw error;
    }
    if (outcome.hangs) return hang(ctx);
    if (outcome.error !== undefined) throw thrownBy(outcome.error);
    return outcome.value;
  };
}

function thrownBy(error: NonNullable<StubOutcome["error"]>): Error {
  if (error instanceof Error) return error;
  if (error.name === "FatalError") return new FatalError(error.message);
  return Object.assign(new Error(error.message), { name: error.name });
}
