/**
 * Bytes of items, as DynamoDB counts them.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */

/** What an attribute may hold. */
type Stored = string | number | boolean | null | Uint8Array | readonly Stored[] | StoredMap;
interface StoredMap {
  readonly [name: string]: Stored;
}

/** Bytes of an item by DynamoDB's rules; those of a number are what AWS calls approximate. */
export function itemBytes(item: {
  readonly key: { readonly pk: string; readonly sk: string };
  readonly image: { readonly [name: string]: Stored };
}): number {
  const { key, image } = item;
  return "pk".length + Buffer.byteLength(key.pk) + "sk".length + Buffer.byteLength(key.sk) + entriesBytes(image);
}

function entriesBytes(map: StoredMap): number {
  let bytes = 0;
  for (const name of Object.keys(map)) bytes += Buffer.byteLength(name) + valueBytes(map[name] as Stored);
  return bytes;
}

/** Bytes of a value, without its name. */
export function valueBytes(value: Stored): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "number") return numberBytes(value);
  if (typeof value === "boolean" || value === null) return 1;
  if (value instanceof Uint8Array) return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, item: Stored) => sum + 1 + valueBytes(item), 3);
  const map = value as StoredMap;
  return 3 + Object.keys(map).length + entriesBytes(map);
}

/**
 * One byte for two significant digits, one more, and one for a sign. AWS calls that approximate; where it leaves a choice, as
 * dynoxide 1.2.1 counts (test/contract/capacity.dynamodb.test.ts): zero has no digits, those of a fraction are paired from
 * the decimal point.
 */
function numberBytes(value: number): number {
  if (value === 0) return 1;
  return digitPairs(Math.abs(value)) + 1 + (value < 0 ? 1 : 0);
}

function digitPairs(value: number): number {
  if (!Number.isInteger(value)) {
    const [digits = "", exponent] = value.toExponential().replace(".", "").split("e");
    const alone = Number(exponent) % 2 === 0 ? 1 : 0;
    return Math.ceil((digits.length + alone) / 2);
  }
  let rest = value;
  while (rest % 10 === 0) rest /= 10;
  let pairs = 0;
  for (; rest >= 1; rest /= 100) pairs++;
  return pairs;
}
