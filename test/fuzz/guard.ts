/**
 * What must hold after any input: the prototypes that all objects share are as they were, and it took no longer than it may.
 */

/** Processor time of one input. All are small: a second is far more than any takes, on a busy machine too. */
const limitMs = 1000;

const shared = [Object, Array, Function, String, Number, Boolean, Map, Promise, Error, RegExp].map(
  ({ prototype }) => prototype as object,
);
const before = shared.map((prototype) => Reflect.ownKeys(prototype).length);

export class Harm extends Error {
  override readonly name = "Harm";
}

export function checkPrototypes(): void {
  for (const [at, prototype] of shared.entries())
    if (Reflect.ownKeys(prototype).length !== before[at] || "polluted" in prototype)
      throw new Harm(`a shared prototype has changed: ${String(Reflect.ownKeys(prototype).at(-1))}`);
}

/** Starts the clock of one input; the answer is called at its end. */
export function timed(): () => void {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    const ms = (user + system) / 1000;
    if (ms > limitMs) throw new Harm(`took ${ms.toFixed(0)} ms of processor time, more than ${limitMs}`);
  };
}
