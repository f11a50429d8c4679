/** Latencies of AWS as others have measured them, and draws from them. */

/** Percentiles in milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

export interface Measured extends Quantiles {
  readonly what: string;
  readonly source: string;
}

const serverless = "https://bitesizedserverless.com/bite/serverless-messaging-latency-compared/ (eu-west-1, 2022)";
const dynamodb = "https://github.com/alexdebrie/dynamodb-performance-testing (2020)";
const workflows =
  "https://github.com/spcl/sebs-flow-artifact (us-east-1, warm, 2022 and 2024), recomputed from its raw data";

/** Of one call, or of one way from a program to another. Nobody has measured them on one account on one day. */
export const measured = {
  write: {
    what: "PutItem of DynamoDB, for a conditional UpdateItem",
    p50: 7.55,
    p90: 11.3,
    p99: 16.2,
    source: dynamodb,
  },
  /** A strongly consistent read takes no longer than a write. */
  read: { what: "the same, for GetItem", p50: 7.55, p90: 11.3, p99: 16.2, source: dynamodb },
  batch: { what: "BatchWriteItem of 25, for BatchGetItem of 100", p50: 10.2, p90: 16, p99: 27.6, source: dynamodb },
  hop: {
    what: "SQS standard: from the send to the start of the handler",
    p50: 16.2,
    p90: 33.8,
    p99: 105,
    source: serverless,
  },
} as const satisfies Record<string, Measured>;

/** Step Functions Standard: what its service needs between a task's end and the next one's start. */
export const stepFunctions = {
  hop2022: {
    what: "from the end of a task to the start of the next, 2022",
    p50: 100,
    p90: 120,
    p99: 185,
    source: workflows,
  },
  hop2024: { what: "the same, 2024", p50: 158, p90: 211, p99: 316, source: workflows },
} as const satisfies Record<string, Measured>;

/** New children of a Distributed Map a second (its quotas): Express, Standard. */
export const childStartsPerSecond = { express: 1000, standard: 100 } as const;

export type Random = () => number;

/** Standard normal deviates of the percentiles. */
const deviates = { p50: 0, p90: 1.2816, p99: 2.3263 } as const;

/**
 * A draw whose percentiles are those given: log-normal between them, and beyond the last with the slope of the last piece. Below
 * the median it is the mirror image of what is just above.
 */
export function draw({ p50, p90, p99 }: Quantiles, random: Random): number {
  const z = normal(random);
  const [low, middle, high] = [Math.log(p50), Math.log(p90), Math.log(p99)];
  const first = (middle - low) / deviates.p90;
  if (z <= deviates.p90) return Math.exp(low + z * first);
  return Math.exp(middle + ((z - deviates.p90) * (high - middle)) / (deviates.p99 - deviates.p90));
}

/** Box and Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** @param part - 0.5 is the median. */
export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}
