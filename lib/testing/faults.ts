/**
 * Faults that a test injects: what, at which point, how often. Which of them have happened is known, so that a test whose
 * fault never came about can be told from one that passed.
 */
import { InvalidRequestError } from "../errors.ts";
import { type CallSite, sites } from "./sites.ts";

/** An attempt of a task. */
export interface AtTask {
  /** Name of the task. */
  readonly task: string;
  /** Which attempt, 1 for the first. @default any */
  readonly attempt?: number;
  /** Path of the task in its workflow, as `header[2]`. @default any */
  readonly path?: string;
  /** How often it happens, at the first points that fit; `Infinity` for always. @default 1 */
  readonly times?: number;
}

/** A call of the driver to table or queue, whoever makes it. */
export interface AtSite {
  readonly site: CallSite;
  /** How often it happens, at the first calls of that site; `Infinity` for always. @default 1 */
  readonly times?: number;
}

/** What can be injected. */
export type Fault =
  /** The attempt throws instead of running. @see FatalError for one that is not retried */
  | (AtTask & { readonly fault: "fail"; readonly error?: Error })
  /**
   * The worker's process is gone, with everything in it. `in-body`: the body was entered, and none of it ran
   * ({@link TestEngine.crash} is for a place inside). `before-record`: it has returned or thrown, and nobody knows.
   * `after-record`: its outcome, or the wait for its retry, is recorded, and nothing that follows from it was done.
   */
  | (AtTask & { readonly fault: "crash"; readonly when: "in-body" | "before-record" | "after-record" })
  /** The process that makes the call is gone, before the call has its effect or after it. */
  | (AtSite & { readonly fault: "crash"; readonly when: "before" | "after" })
  /** The message that starts the attempt is delivered twice, with the members that travel in it. */
  | (AtTask & { readonly fault: "duplicate" })
  /** The message that starts the attempt is accepted by the queue and lost, with the members that travel in it. */
  | (AtTask & { readonly fault: "lose" })
  /** The write that records the attempt's outcome, or the wait for its retry, is throttled. */
  | (AtTask & { readonly fault: "throttle" })
  /** The call is throttled: it fails without an effect. */
  | (AtSite & { readonly fault: "throttle" });

/** An attempt that a fault may be meant for. */
export interface Attempt {
  /** Id of the node in its plan. */
  readonly path: string;
  readonly task: string;
  readonly attempt: number;
}

/** What happens at a call. */
export type CallFault = "throttle" | "crash-before" | "crash-after";

export interface Faults {
  /** @throws InvalidRequestError when it names nothing that there is. */
  inject(fault: Fault): void;
  atBody(attempt: Attempt): Extract<Fault, { fault: "fail" | "crash" }> | undefined;
  /** @param records - Attempts whose outcome, or wait, the call records. */
  atCall(site: string, records: readonly Attempt[]): CallFault | undefined;
  /** @param starts - Attempts that the message starts. */
  atMessage(starts: readonly Attempt[]): "duplicate" | "lose" | undefined;
  /** True when a message may have a fault: only then is it worth knowing what it starts. */
  concernsMessages(): boolean;
  /** Faults that have not happened as often as they were to; never-ending ones only when they have not happened at all. */
  pending(): readonly Fault[];
}

interface Armed {
  readonly fault: Fault;
  done: number;
}

/** @param happened - Called with each fault that happens, and where. */
export function createFaults(tasks: readonly string[], happened: (fault: Fault, where: string) => void): Faults {
  const armed: Armed[] = [];

  /** The first fault that is meant, counted as happened. */
  const take = (where: string, meant: (fault: Fault) => boolean): Fault | undefined => {
    const found = armed.find(({ fault, done }) => done < (fault.times ?? 1) && meant(fault));
    if (found === undefined) return undefined;
    found.done++;
    happened(found.fault, where);
    return found.fault;
  };

  return {
    inject(fault) {
      checkFault(fault, tasks);
      armed.push({ fault: { ...fault }, done: 0 });
    },
    atBody(attempt) {
      const meant = (fault: Fault) =>
        (fault.fault === "fail" || (fault.fault === "crash" && fault.when === "in-body")) && isAt(fault, [attempt]);
      return take(nameOf(attempt), meant) as Extract<Fault, { fault: "fail" | "crash" }> | undefined;
    },
    atCall(site, records) {
      const where = records.length === 0 ? site : `${site} of ${records.map(nameOf).join(", ")}`;
      const fault = take(where, (one) => {
        if (one.fault !== "crash" && one.fault !== "throttle") return false;
        return "site" in one ? one.site === site : !("when" in one && one.when === "in-body") && isAt(one, records);
      });
      if (fault === undefined) return undefined;
      if (fault.fault === "throttle") return "throttle";
      return fault.fault === "crash" && fault.when.startsWith("after") ? "crash-after" : "crash-before";
    },
    atMessage(starts) {
      const where = `the message of ${starts.map(nameOf).join(", ")}`;
      const fault = take(where, (one) => isOfMessage(one) && isAt(one, starts));
      return fault?.fault as "duplicate" | "lose" | undefined;
    },
    concernsMessages: () => armed.some(({ fault, done }) => isOfMessage(fault) && done < (fault.times ?? 1)),
    pending: () =>
      armed
        .filter(({ fault: { times = 1 }, done }) => (times === Number.POSITIVE_INFINITY ? done === 0 : done < times))
        .map(({ fault }) => fault),
  };
}

/** A fault in one line. */
export function faultText(fault: Fault): string {
  const what = "when" in fault ? `${fault.fault} ${fault.when}` : fault.fault;
  if ("site" in fault) return `${what} ${fault.site}`;
  const attempt = fault.attempt === undefined ? "" : ` #${fault.attempt}`;
  return `${what} ${fault.task}${attempt}${fault.path === undefined ? "" : ` at ${fault.path}`}`;
}

function isOfMessage({ fault }: Fault): boolean {
  return fault === "duplicate" || fault === "lose";
}

function isAt(fault: Fault, attempts: readonly Attempt[]): boolean {
  if ("site" in fault) return false;
  return attempts.some(
    ({ task, attempt, path }) =>
      task === fault.task && attempt === (fault.attempt ?? attempt) && path === (fault.path ?? path),
  );
}

function nameOf({ path, task, attempt }: Attempt): string {
  return `${task} #${attempt} (${path})`;
}

const ofTasks = ["fail", "crash", "duplicate", "lose", "throttle"];
const ofSites = ["crash", "throttle"];

function checkFault(fault: Fault, tasks: readonly string[]): void {
  const { times = 1 } = fault;
  if ("site" in fault) {
    checkOneOf("fault.fault", fault.fault, ofSites);
    checkOneOf("fault.site", fault.site, sites);
    if (fault.fault === "crash") checkOneOf("fault.when", fault.when, ["before", "after"]);
  } else {
    checkOneOf("fault.fault", fault.fault, ofTasks);
    checkOneOf("fault.task", fault.task, tasks);
    if (fault.fault === "crash") checkOneOf("fault.when", fault.when, ["in-body", "before-record", "after-record"]);
    checkCount("fault.attempt", fault.attempt ?? 1, Number.isInteger);
  }
  checkCount("fault.times", times, (count) => Number.isInteger(count) || count === Number.POSITIVE_INFINITY);
}

function checkOneOf(path: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw new InvalidRequestError(path, value, `must be one of ${allowed.join(", ")}`);
}

function checkCount(path: string, value: number, isCount: (value: number) => boolean): void {
  if (!isCount(value) || value < 1) throw new InvalidRequestError(path, value, "must be a whole number from 1");
}
