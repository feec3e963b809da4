/** What somebody has to look at: each alarm tells a topic, and docs/operations.md tells what to do about it. */
import { Duration, Stack } from 'aws-cdk-lib'
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  MathExpression,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import { Construct } from 'constructs'
import type { DeadLetters } from './dead-letters.ts'
import { functionNames } from './functions.ts'
import type { HttpApi } from './http-api.ts'
import type { Keys } from './keys.ts'
import type { Options } from './options.ts'
import type { Parts } from './permissions.ts'
import { productMetric } from './product-metrics.ts'
import type { Schedules } from './schedules.ts'
import type { StateMachines } from './state-machines.ts'

export interface Watched extends Parts {
  readonly keys: Keys
  readonly http: HttpApi
  readonly deadLetters: DeadLetters
  readonly machines: StateMachines
  readonly schedules: Schedules
  readonly options: Pick<Options, 'minCapacity' | 'maxCapacity'>
}

interface Watch {
  /** Also its heading in docs/operations.md. */
  readonly name: string
  readonly metric: IMetric
  readonly above: number
  /** Periods in a row. */
  readonly periods?: number
}

const minutes = (count: number) => Duration.minutes(count)
const five = minutes(5)

/** Answers that failed, of an API of version 2. */
const gateway = (metricName: string, apiId: string) =>
  new Metric({
    namespace: 'AWS/ApiGateway',
    metricName,
    dimensionsMap: { ApiId: apiId },
    statistic: 'Sum',
    period: five,
  })

/** An authorizer refuses whoever shows nothing by failing: what it counts of those is no error. */
const unrefused = (errors: IMetric) =>
  new MathExpression({
    expression: 'errors - FILL(anonymous, 0)',
    usingMetrics: { errors, anonymous: productMetric('Anonymous', five) },
    period: five,
  })

/** Rounded down from https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html. */
const connectionsOf = ({ minCapacity, maxCapacity }: Watched['options']): number =>
  Math.min(minCapacity < 1 ? 2_000 : 5_000, maxCapacity * 185)

function watches({ functions, database, socket, http, deadLetters, machines, schedules, options }: Watched) {
  const { cluster } = database
  const serving = functionNames.map((name) => [name, functions.all[name]] as const)
  return [
    ...serving.map(([name, fn]) => ({
      name: `function-${name}-fails`,
      metric:
        name === 'authorize'
          ? unrefused(fn.metricErrors({ period: five }))
          : fn.metricErrors({ period: five }),
      // The two are counted a moment apart, which may be in two periods.
      above: name === 'authorize' ? 5 : 0,
      // What a sweep did not do is done by the next.
      periods: name === 'recover-runs' || name === 'start-drift-checks' ? 2 : 1,
    })),
    ...serving.map(([name, fn]) => ({
      name: `function-${name}-throttled`,
      metric: fn.metricThrottles({ period: five }),
      above: 0,
      periods: 2,
    })),
    {
      name: 'dead-letters',
      metric: deadLetters.queue.metricApproximateNumberOfMessagesVisible({
        period: five,
        statistic: 'Maximum',
      }),
      above: 0,
    },
    ...Object.entries(machines.all).map(([name, machine]) => ({
      name: `machine-${name}-fails`,
      metric: machine.metricFailed({ period: five }),
      above: 0,
    })),
    ...Object.entries(machines.all).map(([name, machine]) => ({
      name: `machine-${name}-times-out`,
      metric: machine.metricTimedOut({ period: five }),
      above: 0,
    })),
    { name: 'socket-fails', metric: gateway('IntegrationError', socket.api.apiId), above: 0, periods: 2 },
    { name: 'sign-ins-refused', metric: gateway('ClientError', socket.api.apiId), above: 200 },
    { name: 'http-fails', metric: gateway('5xx', http.api.apiId), above: 0, periods: 2 },
    {
      name: 'database-at-its-limit',
      metric: cluster.metric('ACUUtilization', { period: five, statistic: 'Average' }),
      above: 90,
      periods: 3,
    },
    {
      name: 'database-connections',
      metric: cluster.metricDatabaseConnections({ period: five, statistic: 'Maximum' }),
      above: Math.floor(connectionsOf(options) * 0.8),
      periods: 2,
    },
    {
      name: 'schedule-fails',
      metric: new Metric({
        namespace: 'AWS/Scheduler',
        metricName: 'TargetErrorCount',
        dimensionsMap: { ScheduleGroup: schedules.group.scheduleGroupName },
        statistic: 'Sum',
        period: five,
      }),
      above: 0,
      periods: 2,
    },
    { name: 'applies-fail', metric: productMetric('AppliesFailed', five), above: 5 },
    { name: 'aws-throttles', metric: productMetric('Throttles', five), above: 100, periods: 3 },
  ] satisfies readonly Watch[]
}

export class Alarms extends Construct {
  readonly topic: Topic
  readonly all: readonly Alarm[]

  constructor(scope: Construct, id: string, watched: Watched & { readonly email: string | undefined }) {
    super(scope, id)
    const { stackName } = Stack.of(this)
    this.topic = new Topic(this, 'Topic', {
      topicName: `${stackName}-alarms`,
      displayName: 'iasql alarms',
      masterKey: watched.keys.data,
      enforceSSL: true,
    })
    if (watched.email !== undefined) this.topic.addSubscription(new EmailSubscription(watched.email))
    const action = new SnsAction(this.topic)
    this.all = watches(watched).map(({ name, metric, above, periods = 1 }: Watch) => {
      const alarm = new Alarm(this, name, {
        alarmName: `${stackName}-${name}`,
        alarmDescription: `docs/operations.md#${name.replace(/^function-.*-(fails|throttled)$/, 'function-$1').replace(/^machine-.*-(fails|times-out)$/, 'machine-$1')}`,
        metric,
        threshold: above,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: periods,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      })
      alarm.addAlarmAction(action)
      alarm.addOkAction(action)
      return alarm
    })
  }
}
