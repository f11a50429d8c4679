/**
 * Alarms: what somebody should look at, each with the page that says what to do about it (docs/runbook.md).
 *
 * A composite alarm sums them up, and is the one that tells people when there is a topic. It and the alarms that are
 * computed from several metrics can be left out: emulators do not know them.
 */
import { Duration, Stack } from "aws-cdk-lib";
import {
  Alarm,
  AlarmRule,
  AlarmState,
  ComparisonOperator,
  CompositeAlarm,
  type IAlarm,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { ITopic } from "aws-cdk-lib/aws-sns";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import type { TuttiFunctions } from "./functions.ts";
import { metricNames, metricOf } from "./metrics.ts";
import type { TuttiQueues } from "./queues.ts";
import type { TuttiTable } from "./table.ts";

export interface AlarmSettings {
  /**
   * Told when the deployment becomes unhealthy, and when it is well again.
   *
   * @default nobody is told: the alarms only show their state
   */
  readonly topic?: ITopic;
  /**
   * How old the oldest message of a queue may get. Raise it where work is meant to wait.
   *
   * @default 5 minutes
   */
  readonly maxQueueAge?: Duration;
  /**
   * Where the runbook is. The heading of each alarm is added to it.
   *
   * @default the page of the installed package
   */
  readonly runbookUrl?: string;
  /**
   * The composite alarm and those computed from several metrics. False for an emulator that knows neither; each alarm then
   * tells the topic by itself.
   *
   * @default true, unless the context says false: `cdk deploy -c tutti:derived-alarms=false`
   */
  readonly derived?: boolean;
}

export interface TuttiAlarmsProps extends AlarmSettings {
  readonly table: TuttiTable;
  readonly queues: TuttiQueues;
  readonly functions: TuttiFunctions;
  /** Fires of schedules that the request queue did not take, if there are schedules. */
  readonly scheduleDeadLetters: IQueue | undefined;
}

const installedRunbook = "node_modules/tutti/docs/runbook.md";

/** Address of a heading of the runbook. */
export function runbookPage(heading: string, runbookUrl = installedRunbook): string {
  return `${runbookUrl}#${heading}`;
}

const minute = Duration.minutes(1);
/** Share of a function's invocations that may fail, in percent. A crash takes its whole batch with it. */
const maxErrorPercent = 5;

/** What tells one alarm from another. */
interface AlarmSpec {
  readonly metric: IMetric;
  /** What is wrong, in a sentence. */
  readonly what: string;
  /** Heading of the runbook. */
  readonly runbook: string;
  /** @default 0: anything above it */
  readonly above?: number;
  readonly below?: number;
  /** Minutes looked at, and how many of them must be bad. */
  readonly outOf?: readonly [bad: number, minutes: number];
  readonly missing?: TreatMissingData;
}

export class TuttiAlarms extends Construct {
  /** All of them but the composite one. */
  readonly alarms: readonly Alarm[];
  /** Alarm while any other is; undefined when derived alarms are left out. */
  readonly unhealthy: IAlarm | undefined;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: TuttiAlarmsProps,
  ) {
    super(scope, id);
    const derived = props.derived ?? String(this.node.tryGetContext("tutti:derived-alarms")) !== "false";
    this.alarms = [
      ...this.ofSweeper(),
      ...this.ofQueues(),
      ...this.ofTable(),
      ...(derived ? this.functions.flatMap(([name, fn]) => this.ofFunction(name, fn)) : []),
    ];
    this.unhealthy = derived ? this.compose() : undefined;
    if (props.topic === undefined) return;
    const action = new SnsAction(props.topic);
    for (const alarm of this.unhealthy === undefined ? this.alarms : [this.unhealthy as CompositeAlarm]) {
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }

  private get functions(): readonly (readonly [name: string, fn: IFunction])[] {
    return this.props.functions.created;
  }

  private ofSweeper(): Alarm[] {
    const { table } = this.props;
    return [
      this.create("SweeperSilent", {
        metric: metricOf(table, metricNames.sweepVisited, { statistic: Stats.SAMPLE_COUNT }),
        what: "the sweeper has not run for five minutes: deadlines, timers and repairs stand still",
        runbook: "sweeper-silent",
        below: 1,
        outOf: [5, 5],
        missing: TreatMissingData.BREACHING,
      }),
      this.create("ChordsStuck", {
        metric: metricOf(table, metricNames.sweepLeft, { statistic: Stats.MAXIMUM }),
        what: "runs stay due from sweep to sweep: they could not be looked at, or not be mended",
        runbook: "chords-stuck",
        outOf: [5, 5],
      }),
    ];
  }

  private ofQueues(): Alarm[] {
    const { queues, scheduleDeadLetters, maxQueueAge = Duration.minutes(5) } = this.props;
    const pairs = [
      ["Requests", queues.requests] as const,
      ...[...queues.tasks].map(([name, pair]) => [`Task-${name}`, pair] as const),
    ];
    const visible = { period: minute, statistic: Stats.MAXIMUM };
    return [
      ...pairs.flatMap(([name, { queue, deadLetters }]) => [
        this.create(`${name}Old`, {
          metric: queue.metricApproximateAgeOfOldestMessage(visible),
          what: `messages of queue ${name} wait for longer than ${maxQueueAge.toHumanString()}`,
          runbook: "queue-old",
          above: maxQueueAge.toSeconds(),
          outOf: [3, 5],
        }),
        this.create(`${name}DeadLetters`, {
          metric: deadLetters.metricApproximateNumberOfMessagesVisible(visible),
          what: `dead letters of queue ${name} are not taken by the dead-letter function`,
          runbook: "dead-letters",
          outOf: [5, 5],
        }),
      ]),
      ...(scheduleDeadLetters === undefined
        ? []
        : [
            this.create("SchedulesLost", {
              metric: scheduleDeadLetters.metricApproximateNumberOfMessagesVisible(visible),
              what: "a schedule has fired, and the request queue did not take it",
              runbook: "schedules-lost",
            }),
          ]),
    ];
  }

  private ofTable(): Alarm[] {
    const { table } = this.props.table;
    return [
      this.create("WritesThrottled", {
        metric: new Metric({
          namespace: "AWS/DynamoDB",
          metricName: "WriteThrottleEvents",
          dimensionsMap: { TableName: table.tableName },
          statistic: Stats.SUM,
          period: minute,
        }),
        what: "DynamoDB refuses writes for lack of capacity: runs go slower, nothing is lost",
        runbook: "writes-throttled",
        outOf: [3, 5],
      }),
    ];
  }

  private ofFunction(name: string, fn: IFunction): Alarm[] {
    const counted = { period: minute, statistic: Stats.SUM };
    return [
      this.create(`${name}Errors`, {
        metric: new MathExpression({
          expression: "100 * errors / MAX([invocations, 1])",
          usingMetrics: { errors: fn.metricErrors(counted), invocations: fn.metricInvocations(counted) },
          label: `${name}: errors in percent`,
          period: minute,
        }),
        what: `more than ${maxErrorPercent} % of the invocations of ${name} fail: it crashes, times out or does not start`,
        runbook: "function-errors",
        above: maxErrorPercent,
        outOf: [3, 5],
      }),
    ];
  }

  private compose(): CompositeAlarm {
    return new CompositeAlarm(this, "Unhealthy", {
      alarmDescription: `Tutti ${this.props.table.table.tableName}: something is wrong. Its alarms say what. Runbook: ${this.page("unhealthy")}`,
      alarmRule: AlarmRule.anyOf(...this.alarms.map((alarm) => AlarmRule.fromAlarm(alarm, AlarmState.ALARM))),
    });
  }

  private create(id: string, spec: AlarmSpec): Alarm {
    const { below, above = 0, outOf: [bad, minutes] = [1, 1] } = spec;
    return new Alarm(this, id, {
      metric: spec.metric,
      alarmDescription: `Tutti in ${Stack.of(this).stackName}: ${spec.what}. Runbook: ${this.page(spec.runbook)}`,
      threshold: below ?? above,
      comparisonOperator:
        below === undefined ? ComparisonOperator.GREATER_THAN_THRESHOLD : ComparisonOperator.LESS_THAN_THRESHOLD,
      datapointsToAlarm: bad,
      evaluationPeriods: minutes,
      treatMissingData: spec.missing ?? TreatMissingData.NOT_BREACHING,
    });
  }

  private page(heading: string): string {
    return runbookPage(heading, this.props.runbookUrl);
  }
}
