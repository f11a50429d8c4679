/**
 * What AWS asks for, in US dollars: a table that anybody may replace (`tutti cost --prices FILE`, docs/budgets.md).
 */
import { z } from "zod";

const price = z.number().nonnegative().max(1_000_000);

export const priceTableSchema = z.strictObject({
  /** What the prices are of, as it is shown. */
  name: z.string().min(1).max(200),
  /** US dollars for a million. */
  perMillion: z.strictObject({
    /** DynamoDB on demand: a write of up to 1 KB. */
    writeUnits: price,
    /** A strongly consistent read of up to 4 KB. */
    readUnits: price,
    /** SQS standard queues. */
    sqsRequests: price,
    lambdaRequests: price,
  }),
  lambda: z.strictObject({
    /** US dollars for a gigabyte of memory for a second. */
    gbSecond: price,
    /** Memory of a worker function. */
    memoryMb: z.int().min(128).max(10_240),
  }),
});

export type PriceTable = z.infer<typeof priceTableSchema>;

/**
 * List prices of us-east-1, on demand, without free tier, as of November 2026.
 *
 * @see https://aws.amazon.com/dynamodb/pricing/on-demand/
 * @see https://aws.amazon.com/sqs/pricing/
 * @see https://aws.amazon.com/lambda/pricing/ (arm64, as the stack deploys it, with its 512 MB)
 */
export const usEast1Prices: PriceTable = {
  name: "us-east-1, on demand, November 2026",
  perMillion: { writeUnits: 0.625, readUnits: 0.125, sqsRequests: 0.4, lambdaRequests: 0.2 },
  lambda: { gbSecond: 0.0000133334, memoryMb: 512 },
};
