/**
 * Which functions Lambda has read a queue: its event source mappings. For `tutti doctor` alone, so no function holds this client.
 */
import { LambdaClient, ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import type { MappingInspector, QueueMapping } from "../../ports/deployment.ts";

export interface LambdaClientOptions {
  /** @default that of the environment */
  readonly region?: string;
  /** Another endpoint than AWS's. */
  readonly endpoint?: string;
  /** Tries of one request, the first included. */
  readonly maxAttempts?: number;
}

const requestTimeoutMs = 5000;
const connectionTimeoutMs = 1000;
/** As Lambda names the answer by which a function tells which messages of a batch have failed. */
const itemFailures = "ReportBatchItemFailures";

export function createLambdaClient(options: LambdaClientOptions = {}): LambdaClient {
  return new LambdaClient({
    ...options,
    requestHandler: {
      requestTimeout: requestTimeoutMs,
      throwOnRequestTimeout: true,
      connectionTimeout: connectionTimeoutMs,
    },
  });
}

export function createMappingInspector(client: Pick<LambdaClient, "send">): MappingInspector {
  return {
    async ofQueue(arn) {
      const mappings: QueueMapping[] = [];
      let Marker: string | undefined;
      do {
        const page = await client.send(
          new ListEventSourceMappingsCommand({ EventSourceArn: arn, ...(Marker === undefined ? {} : { Marker }) }),
        );
        for (const found of page.EventSourceMappings ?? [])
          mappings.push({
            functionName: functionName(found.FunctionArn),
            state: found.State ?? "unknown",
            lastResult: found.LastProcessingResult ?? "",
            batchSize: found.BatchSize ?? 0,
            tellsFailures: found.FunctionResponseTypes?.includes(itemFailures) ?? false,
          });
        Marker = page.NextMarker === "" ? undefined : page.NextMarker;
      } while (Marker !== undefined);
      return mappings;
    },
  };
}

/** `arn:aws:lambda:eu-west-1:123456789012:function:NAME` and, with a version or alias, `…:NAME:live`. */
function functionName(arn = ""): string {
  return arn.split(":").slice(6).join(":") || arn;
}
