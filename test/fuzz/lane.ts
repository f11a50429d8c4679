import fc from "fast-check";
import { InvalidRequestError } from "../../lib/errors.ts";
import { checkPrototypes, Harm, timed } from "./guard.ts";

/** One kind of input, and what must hold of each. */
export interface Lane {
  readonly name: string;
  /** Of a thousand inputs. */
  readonly share: number;
  /** Inputs that one case holds. */
  readonly inputsPerCase: number;
  readonly property: fc.IRawProperty<[unknown]>;
}

/** A kind that is handled at once. */
export function syncLane<T>(name: string, share: number, inputs: fc.Arbitrary<T>, check: (input: T) => void): Lane {
  const property = fc.property(inputs, (input) => {
    const end = timed();
    check(input);
    end();
    checkPrototypes();
  });
  return { name, share, inputsPerCase: 1, property: property as unknown as Lane["property"] };
}

/** A kind whose cases hold several inputs, or take turns of the event loop. */
export function asyncLane<T>(
  name: string,
  share: number,
  inputsPerCase: number,
  inputs: fc.Arbitrary<T>,
  check: (input: T) => Promise<void>,
): Lane {
  const property = fc.asyncProperty(inputs, async (input) => {
    const end = timed();
    await check(input);
    end();
    checkPrototypes();
  });
  return { name, share, inputsPerCase, property: property as unknown as Lane["property"] };
}

/** What comes of an input, or undefined when it is refused as it should be: by path and rule. */
export function takenOrRefused<T>(take: () => T): T | undefined {
  try {
    return take();
  } catch (error) {
    if (!(error instanceof InvalidRequestError)) throw error;
    const { path, rule, message } = error;
    if (typeof path !== "string" || rule === "" || !message.includes(rule))
      throw new Harm(`an unclear refusal: path ${path}, rule ${rule}: ${message}`);
    return undefined;
  }
}
