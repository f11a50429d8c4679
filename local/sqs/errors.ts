/**
 * The errors the server answers with, under the names the AWS SDK shows as `err.name`.
 *
 * SQS answers in JSON but keeps the error codes of its older XML protocol in the header `x-amzn-query-error`; the SDK
 * reads that header first and maps it back to the modelled class. So each error has three names: ours (the SDK's), the
 * shape in `__type`, and the code of the older protocol.
 *
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
 */

interface ErrorShape {
  readonly type: string;
  readonly queryCode: string;
  readonly status: number;
}

/** A shape of the SQS model itself. */
function modelled(name: string, queryCode: string, status = 400): ErrorShape {
  return { type: `com.amazonaws.sqs#${name}`, queryCode, status };
}

/** A shape of the framework in front of SQS; the SDK shows its query code as name. */
function common(name: string, queryCode: string, status = 400): ErrorShape {
  return { type: `com.amazon.coral.service#${name}`, queryCode, status };
}

const prefix = "AWS.SimpleQueueService";

const shapes = {
  BatchEntryIdsNotDistinct: modelled("BatchEntryIdsNotDistinct", `${prefix}.BatchEntryIdsNotDistinct`),
  BatchRequestTooLong: modelled("BatchRequestTooLong", `${prefix}.BatchRequestTooLong`),
  EmptyBatchRequest: modelled("EmptyBatchRequest", `${prefix}.EmptyBatchRequest`),
  InvalidAddress: modelled("InvalidAddress", "InvalidAddress", 404),
  InvalidAttributeName: modelled("InvalidAttributeName", "InvalidAttributeName"),
  InvalidAttributeValue: modelled("InvalidAttributeValue", "InvalidAttributeValue"),
  InvalidBatchEntryId: modelled("InvalidBatchEntryId", `${prefix}.InvalidBatchEntryId`),
  InvalidMessageContents: modelled("InvalidMessageContents", "InvalidMessageContents"),
  MessageNotInflight: modelled("MessageNotInflight", `${prefix}.MessageNotInflight`),
  OverLimit: modelled("OverLimit", "OverLimit", 403),
  QueueDoesNotExist: modelled("QueueDoesNotExist", `${prefix}.NonExistentQueue`),
  QueueNameExists: modelled("QueueNameExists", "QueueAlreadyExists"),
  ReceiptHandleIsInvalid: modelled("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 404),
  ResourceNotFoundException: modelled("ResourceNotFoundException", "ResourceNotFoundException", 404),
  TooManyEntriesInBatchRequest: modelled("TooManyEntriesInBatchRequest", `${prefix}.TooManyEntriesInBatchRequest`),
  UnsupportedOperation: modelled("UnsupportedOperation", `${prefix}.UnsupportedOperation`),
  InvalidParameterValue: common("InvalidParameterValueException", "InvalidParameterValue"),
  MissingParameter: common("MissingRequiredParameterException", "MissingParameter"),
  RequestEntityTooLarge: common("RequestEntityTooLarge", "RequestEntityTooLarge", 413),
  SerializationException: common("SerializationException", "SerializationException"),
  UnknownOperationException: common("UnknownOperationException", "UnknownOperationException"),
  InternalFailure: common("InternalFailure", "InternalFailure", 500),
} as const satisfies Readonly<Record<string, ErrorShape>>;

/** Name of an error as the SDK shows it. */
export type SqsErrorName = keyof typeof shapes;

/** A refusal of the service. Everything else that is thrown is a fault of the server and answered as `InternalFailure`. */
export class SqsError extends Error {
  override readonly name: SqsErrorName;

  constructor(name: SqsErrorName, message: string) {
    super(message);
    this.name = name;
  }

  /** What goes on the wire. */
  get shape(): ErrorShape {
    return shapes[this.name];
  }
}

/** The refusal of a parameter, in the words AWS uses. */
export function invalidParameter(parameter: string, value: unknown, reason: string): SqsError {
  return new SqsError(
    "InvalidParameterValue",
    `Value ${value} for parameter ${parameter} is invalid. Reason: ${reason}`,
  );
}

/** The refusal of a request that lacks a parameter. */
export function missingParameter(parameter: string): SqsError {
  return new SqsError("MissingParameter", `The request must contain the parameter ${parameter}.`);
}
