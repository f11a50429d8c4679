export type {
  Asked,
  AskedQueue,
  ClockOffset,
  DeploymentFacts,
  Expiry,
  LayoutPart,
  MappingInspector,
  QueueDescription,
  QueueInspector,
  QueueMapping,
  TableDescription,
  TableInspector,
} from "./deployment.ts";
export type { DeployedTask, FactSource, Facts, QueueFacts } from "./facts.ts";
export type { JsonAnswer, JsonCall, JsonCallOptions } from "./json-call.ts";
export type {
  ConsumedQueue,
  HeldMessage,
  OutgoingMessage,
  Queue,
  QueueConsumer,
  QueueDepth,
  QueueRef,
  ReceivedMessage,
  ReceiveOptions,
} from "./queue.ts";
export type {
  Condition,
  Image,
  Item,
  Key,
  ListFrom,
  Page,
  Path,
  SetAction,
  Store,
  Value,
  Write,
  WriteResult,
} from "./store.ts";
export type { Clock, Ids, Log, LogLevel, Metrics } from "./system.ts";
export type { SpanAbout, Tracing } from "./tracing.ts";
