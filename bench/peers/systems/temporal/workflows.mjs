import { proxyActivities } from "@temporalio/workflow";

const { member, callback, step } = proxyActivities({ startToCloseTimeout: "5s" });

/** A server refuses more than 2,000 pending activities per workflow, so wider chords run through a window. */
const WINDOW = 1500;

export async function chord(id, n, kind) {
  const results = [];
  let next = 0;
  const lane = async () => {
    while (next < n) results.push(await member(id, next++, kind));
  };
  await Promise.all(Array.from({ length: Math.min(n, WINDOW) }, lane));
  await callback(id, results);
}

export async function chain(id, n) {
  for (let k = 0; k < n; k++) await step(id, k, n);
}
