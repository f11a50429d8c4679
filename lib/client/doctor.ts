/**
 * Whether a deployment is set up to work: from what was obtained of it to findings, with what to do. Pure, but for one read.
 *
 * Wrong is what keeps runs from going on, or loses something. What could not be asked is said, and is no fault.
 */
import type { DoctorFinding, DoctorReport } from "../model/doctor-report.ts";
import { type EpochMs, epochMs } from "../model/ids.ts";
import type { Asked, ClockOffset, DeploymentFacts, Store } from "../ports/index.ts";
import { commandsFor } from "../protocol/causes.ts";
import { dueShard, indexShards } from "../protocol/keys.ts";
import type { DoctorFacts, Machine, Place } from "./doctor-facts.ts";
import { mappingFindings } from "./doctor-mappings.ts";
import { nameOf, queueFindings } from "./doctor-queues.ts";
import { advice, ok, unasked, unknown, wrong } from "./doctor-words.ts";
import { isoTime } from "./project.ts";

/** The oldest Node.js that the package runs on. */
const oldestNode = [20, 19] as const;
/** Clocks that are kept by NTP are closer than this. */
const usualOffsetMs = 1000;
/** What the sweeper has not visited after that many of its periods, it does not visit. */
const patientSweeps = 3;

export function examine(facts: DoctorFacts): DoctorReport {
  const findings = [
    connection(facts.place),
    credentials(facts.deployment),
    ...tableFindings(facts),
    ...queueFindings(facts),
    ...eventSources(facts),
    versions(facts.machine),
    unknown("stored-data", "stored data", "not asked: it carries no version; tutti audit checks what is stored"),
    clock(facts),
    sweeper(facts),
  ];
  return {
    schemaVersion: 1,
    healthy: findings.every(({ state }) => state !== "wrong"),
    checkedAt: isoTime(facts.nowMs),
    findings,
    workingConfiguration: findings.flatMap(({ check, about, state, found, expected }) =>
      state === "wrong" && expected !== null ? [{ setting: settingName(check, about), found, expected }] : [],
    ),
  };
}

/** `visibility of queue images`; `table prod`, which says it already. */
function settingName(check: string, about: string): string {
  return about.startsWith(check) ? about : `${check} of ${about}`;
}

/** When the visit that is most overdue was due. Reads the first page of each part of the index, and no run. */
export async function oldestDue(store: Pick<Store, "due">, nowMs: EpochMs): Promise<EpochMs | undefined> {
  const shards = Array.from({ length: indexShards }, (_, shard) => dueShard(shard));
  const pages = await Promise.all(shards.map((shard) => store.due(shard, nowMs, undefined, "due.read")));
  const times = pages.flatMap(({ items }) => items.slice(0, 1).map(({ image }) => Number(image.due)));
  return times.length === 0 ? undefined : epochMs(Math.min(...times));
}

const foundBy = {
  options: "named by flags",
  environment: "named by the environment",
  "dev-file": "found by .tutti/dev.json of a running tutti dev",
  stack: "found by the outputs of its stack",
} as const satisfies Record<Place["from"], string>;

function connection({ from, region, endpoints, isEmulated }: Place): DoctorFinding {
  const named = [...new Set([endpoints.dynamodb, endpoints.sqs].filter((endpoint) => endpoint !== undefined))];
  const where = region === undefined ? "the region of the AWS configuration" : `region ${region}`;
  const at = named.length === 0 ? "the endpoints of AWS" : named.join(" and ");
  return ok("connection", "deployment", `${foundBy[from]}; ${where}, ${at}${isEmulated ? " (not AWS)" : ""}`);
}

/** From how everything was answered: a refusal is an answer to somebody who is known. */
function credentials({ table, expiry, queues }: DeploymentFacts): DoctorFinding {
  const answers: Asked<unknown>[] = [table, expiry, ...[...queues.values()].map(({ queue }) => queue)];
  const bad = answers.find((one) => one.answer === "no-credentials");
  if (bad !== undefined && "why" in bad)
    return wrong("credentials", "credentials", `not accepted: ${bad.why}`, {
      fix: "aws sts get-caller-identity, then set AWS_PROFILE or AWS_ACCESS_KEY_ID",
      expected: "credentials that AWS accepts",
    });
  if (answers.some(({ answer }) => answer === "found" || answer === "missing" || answer === "refused"))
    return ok("credentials", "credentials", "accepted");
  return unknown("credentials", "credentials", "nothing has answered");
}

function tableFindings({ place, deployment }: DoctorFacts): DoctorFinding[] {
  const { table, expiry, recovery } = deployment;
  const about = `table ${place.table}`;
  if (table.answer === "missing") {
    const fix =
      place.from === "dev-file" ? "start tutti dev again" : "npx cdk deploy, or correct TUTTI_TABLE and the region";
    return [wrong("table", about, "is not there", { fix, expected: "ACTIVE" })];
  }
  if (table.answer !== "found") return [unasked("table", about, table)];
  const { status, parts, deletionProtected } = table.value;
  return [
    status === "ACTIVE"
      ? ok("table", about, "ACTIVE")
      : wrong("table", about, status, { fix: "wait until it is ACTIVE, or deploy again", expected: "ACTIVE" }),
    ...parts.map(({ name, found, expected }) =>
      found === expected
        ? ok("table-layout", `${name} of ${about}`, found)
        : wrong("table-layout", `${name} of ${about}`, found, {
            fix: "deploy the table anew: keys and indexes are made with it",
            expected,
          }),
    ),
    ...(place.isEmulated
      ? [unknown("expiry", about, "expiry, recovery and protection do not apply here: it is not AWS's")]
      : [expiryFinding(about, expiry), recoveryFinding(about, recovery), protection(about, deletionProtected)]),
  ];
}

function expiryFinding(about: string, expiry: DeploymentFacts["expiry"]): DoctorFinding {
  if (expiry.answer !== "found") return unasked("expiry", about, expiry);
  const { found, expected } = expiry.value;
  if (found === expected) return ok("expiry", about, `removes what has expired, by attribute ${found}`);
  const fix = "npx cdk deploy, or aws dynamodb update-time-to-live: without it, traces of removed runs stay for ever";
  return wrong("expiry", about, found === "off" ? "time to live is off" : `time to live by ${found}`, {
    fix,
    expected: `time to live by ${expected}`,
  });
}

function recoveryFinding(about: string, recovery: DeploymentFacts["recovery"]): DoctorFinding {
  if (recovery.answer !== "found") return unasked("recovery", about, recovery);
  if (recovery.value) return ok("recovery", about, "point-in-time recovery is on");
  return advice("recovery", about, "point-in-time recovery is off", {
    fix: "switch it on: a run that somebody deletes by mistake cannot be put back otherwise",
    expected: "on",
  });
}

function protection(about: string, isOn: boolean): DoctorFinding {
  if (isOn) return ok("deletion-protection", about, "is protected from deletion");
  return advice("deletion-protection", about, "is not protected from deletion", {
    fix: "keep it with its stack (removalPolicy RETAIN), unless the stage is thrown away",
    expected: "protected",
  });
}

/** Engines of one's own have no Lambda: whoever runs them runs the workers too. */
function eventSources({ deployment, place }: DoctorFacts): DoctorFinding[] {
  const isStack = place.from === "stack";
  const findings = [...deployment.queues].flatMap(([ref, { mappings, deadMappings }]) => {
    const about = nameOf(ref);
    return [
      ...mappingFindings({ about, mappings, needsFunction: isStack && ref === "request" }),
      ...mappingFindings({ about: `dead letters of ${about}`, mappings: deadMappings, needsFunction: isStack }),
    ];
  });
  if (findings.length > 0) return findings;
  const why = place.isEmulated ? "do not apply here: it is not AWS's" : "not asked: no queue was found to ask for";
  return [unknown("event-sources", "event source mappings", why)];
}

function versions({ nodeVersion, packageVersion }: Machine): DoctorFinding {
  const [major = 0, minor = 0] = nodeVersion.replace(/^v/, "").split(".").map(Number);
  const found = `tutti ${packageVersion}, Node.js ${nodeVersion.replace(/^v/, "")}`;
  const [oldestMajor, oldestMinor] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok("versions", "versions", found);
  const expected = `Node.js ${oldestMajor}.${oldestMinor} or later`;
  return wrong("versions", "versions", found, { fix: `install ${expected}`, expected });
}

function clock({ deployment, times }: DoctorFacts): DoctorFinding {
  if (deployment.clock === undefined) return unknown("clock", "clock", "no answer told the time of the service");
  const { offsetMs, text } = offsetOf(deployment.clock);
  const { clockSkewSeconds } = times;
  const fix = "synchronise this machine's clock (NTP): leases are judged by it";
  const expected = `within ${clockSkewSeconds} s`;
  if (offsetMs > clockSkewSeconds * 1000) return wrong("clock", "clock", text, { fix, expected });
  if (offsetMs > usualOffsetMs) return advice("clock", "clock", text, { fix, expected });
  return ok("clock", "clock", text);
}

/** The least that the clocks differ by: what is between is what the answers do not tell. */
function offsetOf({ leastMs, mostMs }: ClockOffset): { readonly offsetMs: number; readonly text: string } {
  const offsetMs = leastMs > 0 ? leastMs : mostMs < 0 ? -mostMs : 0;
  const side = leastMs > 0 ? "ahead of" : "behind";
  const text =
    offsetMs === 0
      ? "agrees with the service's, to about a second"
      : `at least ${(offsetMs / 1000).toFixed(1)} s ${side} the service's`;
  return { offsetMs, text };
}

function sweeper({ deployment: { dueMs: due }, nowMs, times: { sweepSeconds } }: DoctorFacts): DoctorFinding {
  if (due.answer !== "found") return unasked("sweeper", "sweeper", due);
  if (due.value === undefined) return ok("sweeper", "sweeper", "no visit is overdue");
  const lateSeconds = Math.round((nowMs - due.value) / 1000);
  const found = `a visit is overdue since ${isoTime(due.value)} (${lateSeconds} s)`;
  if (lateSeconds <= patientSweeps * sweepSeconds) return ok("sweeper", "sweeper", found);
  return wrong("sweeper", "sweeper", found, {
    fix: `see that the schedule of the sweep function runs, or ${commandsFor("sweeper-not-running", "").join(", ")}`,
    expected: `a visit within ${patientSweeps * sweepSeconds} s`,
  });
}
