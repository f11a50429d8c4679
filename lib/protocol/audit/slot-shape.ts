/**
 * One slot as the table holds it: in a state there is, with what that state keeps (S4, S17, S23).
 */
import { limits } from "../../model/limits.ts";
import { outcomeStatuses } from "../../model/outcome.ts";
import type { Value } from "../../ports/store.ts";
import {
  anyText,
  count,
  hash,
  isMap,
  only,
  positive,
  type Rule,
  type Shape,
  shapeFaults,
  shown,
  text,
  time,
} from "./shape.ts";
import type { AuditedInvariant } from "./violation.ts";

/** A fault of one item, without its place. */
export type Fault = readonly [invariant: AuditedInvariant, explanation: string];

/** Two clocks differ by less: times that two processes wrote are compared with that much patience. */
export const clockSlackMs = 60_000;

const attempts = { a: count } as const;
const lost = { l: positive } as const;
const map: Rule = { must: "be a map", holds: isMap };

/** Of a copy: all of these, or none. Of one that has failed no owner is left, and no end. */
const secondLease = { A: positive, O: anyText, C: text, U: count, B: time } as const;

const open: Readonly<Record<string, Shape>> = {
  Q: { required: { ...attempts, d: positive, n: count, t: time }, optional: lost },
  L: {
    required: { ...attempts, d: positive, o: text, c: text, u: time, b: time },
    optional: { ...lost, k: time, m: anyText, ...secondLease, K: time, M: anyText },
  },
  W: { required: { ...attempts, d: positive, t: time }, optional: { ...lost, w: only(1), e: map } },
};

const settledAlways = { ...attempts, o: text, f: time } as const;
const late: Rule = { must: "be an outcome", holds: (value) => outcomeStatuses.includes(value as never) };
const noValue = "only a success has a value";

const succeeded: Shape = {
  required: settledAlways,
  optional: { ...lost, b: time, x: late, v: anyText, h: hash, z: count, p: positive },
  absent: { e: "a success has no error", k: "a success was not skipped" },
};

function unsuccessful(skipped: boolean): Shape {
  return {
    required: { ...settledAlways, ...(skipped ? { k: map } : { e: map }) },
    optional: { ...lost, b: time, x: late },
    absent: {
      v: noValue,
      h: noValue,
      ...(skipped ? { e: "what was skipped by choice has no error" } : { k: "only SKIPPED can be by choice" }),
    },
  };
}

/** What is wrong with a slot by itself. */
export function slotFaults(what: string, value: Value | undefined): Fault[] {
  if (!isMap(value)) return [["S23", `${what} is ${shown(value)}, and must be a map`]];
  const shape = shapeOf(value);
  if (shape === undefined) return [["S23", `${what} is in state ${shown(value.s)}, and there is no such state`]];
  const faults: Fault[] = shapeFaults(what, value, shape).map((fault) => ["S23", fault]);
  if (isMap(value.e)) faults.push(...errorFaults(`the error of ${what}`, value.e));
  if (isMap(value.k)) faults.push(...skipFaults(what, value.k));
  if (faults.length > 0) return faults;
  return [
    ...secondFaults(what, value),
    ...valueFaults(what, value),
    ...timeFaults(what, value),
    ...sizeFaults(what, value),
  ];
}

/** S4: a second lease is whole, and of the attempt after the first. */
function secondFaults(what: string, slot: Readonly<Record<string, Value>>): Fault[] {
  const names = [...Object.keys(secondLease), "K", "M"].filter((name) => slot[name] !== undefined);
  if (names.length === 0) return [];
  const missing = Object.keys(secondLease).filter((name) => slot[name] === undefined);
  if (missing.length > 0) return [["S23", `the second lease of ${what} lacks ${missing.join(", ")}`]];
  if (slot.A !== Number(slot.a) + 1)
    return [["S4", `the second lease of ${what} is attempt ${slot.A}, and the first is attempt ${slot.a}`]];
  return slot.O === "" && slot.U !== 0 ? [["S4", `the second lease of ${what} has no owner, and goes on`]] : [];
}

function shapeOf(value: Readonly<Record<string, Value>>): Shape | undefined {
  const state = String(value.s);
  if (Object.hasOwn(open, state)) return open[state];
  if (!outcomeStatuses.includes(state as never)) return undefined;
  return state === "SUCCEEDED" ? succeeded : unsuccessful(state === "SKIPPED" && value.k !== undefined);
}

/** An error as it is stored, in a slot or on a head. */
export function errorFaults(
  what: string,
  error: Readonly<Record<string, Value>>,
  names: { readonly name: string; readonly message: string; readonly taskId: string } = {
    name: "n",
    message: "m",
    taskId: "t",
  },
): Fault[] {
  const { name, message, taskId } = names;
  const shape = shapeFaults(what, error, {
    required: { [name]: text, [message]: anyText },
    optional: { [taskId]: text },
  });
  if (shape.length > 0) return shape.map((fault) => ["S23", fault]);
  return [
    ...tooLong(`the name of ${what}`, error[name], limits.errorNameBytes),
    ...tooLong(`the message of ${what}`, error[message], limits.errorMessageBytes),
  ];
}

function skipFaults(what: string, skip: Readonly<Record<string, Value>>): Fault[] {
  const shape = shapeFaults(`the reason of ${what}`, skip, { required: {}, optional: { m: anyText, t: text } });
  if (shape.length > 0) return shape.map((fault) => ["S23", fault]);
  return tooLong(`the reason for which ${what} was skipped`, skip.m, limits.errorMessageBytes);
}

/** A value is inline, or in items of its own, or taken over from the unit that feeds the slot. */
function valueFaults(what: string, slot: Readonly<Record<string, Value>>): Fault[] {
  const faults: Fault[] = [];
  if (slot.v !== undefined && slot.h !== undefined)
    faults.push(["S11", `${what} has two values, one inline and one apart`]);
  if ((slot.h === undefined) !== (slot.z === undefined))
    faults.push([
      "S11",
      `${what} has ${slot.h === undefined ? "a size without a hash" : "a hash without a size"} of its value`,
    ]);
  if (slot.p !== undefined && slot.h === undefined)
    faults.push(["S11", `${what} counts parts of a value that it does not name`]);
  if (typeof slot.v === "string" && !isJson(slot.v))
    faults.push(["S11", `the value of ${what} is no JSON: ${shown(slot.v)}`]);
  return faults;
}

/** Whether a text is JSON. */
export function isJson(json: string): boolean {
  try {
    JSON.parse(json);
    return true;
  } catch {
    return false;
  }
}

function timeFaults(what: string, slot: Readonly<Record<string, Value>>): Fault[] {
  const [begun, ended, until] = [slot.b, slot.f, slot.u].map((value) =>
    typeof value === "number" ? value : undefined,
  );
  if (begun !== undefined && ended !== undefined && ended < begun - clockSlackMs)
    return [["S23", `${what} was settled ${begun - ended} ms before its attempt began`]];
  if (begun !== undefined && until !== undefined && until < begun)
    return [["S23", `the lease of ${what} ended ${begun - until} ms before it began`]];
  return [];
}

function sizeFaults(what: string, slot: Readonly<Record<string, Value>>): Fault[] {
  return [
    ...tooLong(`the inline value of ${what}`, slot.v, limits.inlineValueBytes),
    ...(typeof slot.m === "string" ? tooLong(`what ${what} last said of itself`, slot.m, limits.heartbeatBytes) : []),
    ...(Number(slot.z ?? 0) > limits.valueBytes
      ? [["S17", `the value of ${what} has ${slot.z} bytes, allowed are ${limits.valueBytes}`] as const]
      : []),
  ];
}

/** S17: a text that is longer than its limit. */
export function tooLong(what: string, value: Value | undefined, maxBytes: number): Fault[] {
  const bytes = typeof value === "string" ? Buffer.byteLength(value) : 0;
  return bytes > maxBytes ? [["S17", `${what} has ${bytes} bytes, allowed are ${maxBytes}`]] : [];
}
