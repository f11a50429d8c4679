/**
 * How much one write may say: DynamoDB takes expressions of 4,096 bytes and 300 operators.
 *
 * Counted a little strictly, with aliases of three digits, so that a write which passes here passes there, and a plan too
 * large for the table is found by a test in memory.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-expression-parameters
 */
import { InvalidWriteError } from "../../errors.ts";
import type { Condition, Path, SetAction, Write } from "../../ports/store.ts";

const maxBytes = 4096;
const maxOperators = 300;

interface Extent {
  readonly bytes: number;
  readonly operators: number;
}

/** @throws {@link InvalidWriteError} when a condition, or the sets and removals together, say too much for one write. */
export function checkExpressions(write: Write): void {
  const update = sum([...write.set.map(extentOfSet), ...(write.remove ?? []).map(() => ({ bytes: 6, operators: 0 }))]);
  check(write, "sets and removals", { ...update, bytes: update.bytes + "SET  REMOVE ".length });
  if (write.condition) check(write, "conditions", extentOf(write.condition));
}

function check({ key }: Write, what: string, { bytes, operators }: Extent): void {
  if (bytes <= maxBytes && operators <= maxOperators) return;
  const found = `${what} of ${bytes} bytes and ${operators} operators`;
  throw new InvalidWriteError(key, `${found}, DynamoDB takes ${maxBytes} and ${maxOperators}: split the write`);
}

function extentOf(condition: Condition): Extent {
  switch (condition.is) {
    case "all":
    case "any": {
      const parts = sum(condition.of.map(extentOf));
      return { bytes: parts.bytes + "()".length, operators: parts.operators };
    }
    case "absent":
    case "present":
      return { bytes: "attribute_not_exists() AND ".length + pathBytes(condition.path), operators: 2 };
    case "equal":
    case "below":
    case "above":
      return { bytes: " = :100 AND ".length + pathBytes(condition.path), operators: 2 };
    default:
      return condition satisfies never;
  }
}

function extentOfSet(action: SetAction): Extent {
  const path = pathBytes(action.path);
  if ("minus" in action) return { bytes: " = if_not_exists(, :100) - :100, ".length + 2 * path, operators: 3 };
  return { bytes: " = :100, ".length + path, operators: 1 };
}

function pathBytes(path: Path): number {
  return path[1] === undefined ? "#100".length : "#100.#100".length;
}

function sum(extents: readonly Extent[]): Extent {
  return extents.reduce(
    (total, { bytes, operators }) => ({ bytes: total.bytes + bytes, operators: total.operators + operators }),
    { bytes: 0, operators: 0 },
  );
}
