/**
 * Good command lines, with every command of the program and every option that damage may be done to.
 */
import { fileURLToPath } from "node:url";
import { indexShards } from "../../lib/protocol/keys.ts";

const tasksFile = fileURLToPath(new URL("./tasks.ts", import.meta.url));
/** As the page before says it. */
const place = { at: Date.UTC(2030, 0), ids: ["nightly"], from: Array.from({ length: indexShards }, () => null) };
const cursor = Buffer.from(JSON.stringify(place)).toString("base64url");
const table = ["--table", "tutti", "--request-queue-url", "https://sqs.us-east-1.amazonaws.com/000000000000/tutti"];
const endpoints = [
  "--region",
  "us-east-1",
  "--endpoint-dynamodb",
  "http://127.0.0.1:9",
  "--endpoint-sqs",
  "http://127.0.0.1:9",
];
const budget = ["--max-tasks", "10", "--max-attempts-total", "20", "--max-cost", "0.5"];
const request = ["--deadline-seconds", "60", "--on-failure", "finish", "--header", "a=b", "--fairness-key", "tenant"];

/** Ids are those of stored-runs.ts. A `-` reads what the case has on standard input. */
export const commandLineOriginals: readonly (readonly string[])[] = [
  ["run", "-", "--timeout-seconds", "1", "--json"],
  ["run", "-", "--id", "new", "--name", "b", ...request, ...budget, "--no-color"],
  ["submit", "-", "--id", "new", "--name", "b", ...request, ...budget, "--json"],
  ["submit", "absent.json", "--no-wait"],
  ["plan", "-", "--json"],
  ["plan", "-", "--tasks", tasksFile, "--no-color"],
  ["status", "--json", ...table, ...endpoints],
  ["status", "--no-color", "--stack", "Prod"],
  ["list", "--status", "RUNNING,FAILED", "--name", "night*", "--newer-than", "7d", "--older-than", "1s"],
  ["list", "--limit", "2", "--cursor", cursor, "--json"],
  ["check", "going", "--max-hours", "0.01", "--tasks", tasksFile],
  ["check", "--chord-id", "nightly/.", "--json"],
  ["fix", "going", "--max-hours", "0.01", "--reason", "a reason", "--yes", "--json"],
  ["fix", "--dry-run", "--tasks", tasksFile],
  ["health", "--max-hours", "1", "--tasks", tasksFile, "--json"],
  ["monitor", "--every", "90s", "--max-hours", "1", "--tasks", tasksFile, "--json"],
  ["inspect", "nightly", "--verbose", "--cursor", "1"],
  ["inspect", "going/[0]", "--json"],
  ["graph", "nightly", "--format", "mermaid", "--fold-above", "2"],
  ["graph", "going", "--json"],
  ["graph", "mapped", "--out", "graph.txt"],
  ["events", "bad", "--limit", "3", "--no-fold", "--json"],
  ["watch", "going", "--interval", "0.5s", "--json"],
  ["watch"],
  ["wait", "going", "--timeout-seconds", "1", "--json"],
  ["wait", "nightly"],
  ["result", "nightly", "--json"],
  ["revoke", "going", "--task", "[0]", "--reason", "a reason", "--yes", "--json"],
  ["revoke", "--max-hours", "0.01", "--dry-run"],
  ["pause", "going", "--json"],
  ["resume", "going", "--json"],
  ["retry", "bad", "--task", "[0]", "--args", "[1]=[2]", ...budget, "--json"],
  ["retry", "bad", "--dry-run"],
  ["retry", "--error", "--yes"],
  ["clean", "nightly", "--reason", "a reason", "--yes", "--json"],
  ["clean", "--older-than", "1s", "--dry-run"],
  ["clean", "--all", "--force", "--queues"],
  ["dlq", "--json"],
  ["dlq", "list", "--letters", "--json"],
  ["dlq", "show", "m", "--json"],
  ["dlq", "redrive", "default", "--limit", "5", "--yes", "--json"],
  ["dlq", "redrive", "request", "--dry-run"],
  ["dlq", "drop", "refused", "--reason", "a reason", "--dry-run", "--json"],
  ["dlq", "drop", "m", "--force"],
  ["dlq", "drop", "refused", "--yes"],
  ["sweep", "--json"],
  ["sweep", "--dry-run"],
  ["report", "going/[0]", "--succeeded", '{"any":[1]}', "--json"],
  ["report", "going/[0]", "--failed", "E", "--message", "m", "--no-retry", "--after-seconds", "3"],
  ["report", "going/[0]", "--heartbeat", '{"at":1}', "--no-wait"],
  ["cost", "nightly", "--prices", "-", "--json"],
  ["audit", "nightly", "--json"],
  ["audit", "--all"],
  ["audit", "--from", "-"],
  ["doctor", "--tasks", "absent.ts", "--json"],
  ["dev", "--tasks", "absent.ts", "--port", "8000", "--workers", "1", "--concurrency", "1", "--tasks-per-message", "1"],
  ["dev", "--lease-seconds", "1", "--visibility-seconds", "1", "--sweep-seconds", "1", "--json"],
  ["worker", "--tasks", tasksFile, "--only", "tasks", "--queues", "default", "--concurrency", "1", "--json"],
  ["worker", "--lease-seconds", "1", "--visibility-seconds", "1", "--sweep-seconds", "1"],
  ["completion", "bash", "--json"],
  ["help", "run"],
  ["--version"],
];

/** Options that no line has, and why. `dev`, `worker` and `doctor` end here because no deployment is found, and no tasks. */
export const leftOut: Readonly<Record<string, string>> = {
  "--hook": "runs a command in a shell",
  "--engine-only": "starts an engine, with ports",
  "--data": "writes a folder",
  "--child": "is of a process that tutti dev has started",
};
/** What would ask AWS, in the commands that find their deployment themselves. */
export const findsDeployment: readonly string[] = ["doctor", "worker"];
