/** The CloudWatch dashboard: what the product does, what it is made of, and what that costs. */
import { Duration, Stack } from 'aws-cdk-lib'
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  Metric,
} from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import type { Watched } from './alarms.ts'
import { functionNames } from './functions.ts'
import { productMetric } from './product-metrics.ts'

const period = Duration.minutes(5)

const graph = (title: string, left: readonly IMetric[], stacked = false) =>
  new GraphWidget({ title, left: [...left], stacked, width: 8, height: 6 })

export class Board extends Construct {
  constructor(scope: Construct, id: string, watched: Watched, alarms: readonly Alarm[]) {
    super(scope, id)
    const { functions, database, socket, machines, deadLetters } = watched
    const { cluster } = database
    const every = functionNames.map((name) => ({ label: name, fn: functions.all[name] }))
    const board = new Dashboard(this, 'Dashboard', { dashboardName: Stack.of(this).stackName })
    const connections = (metricName: string) =>
      new Metric({
        namespace: 'AWS/ApiGateway',
        metricName,
        dimensionsMap: { ApiId: socket.api.apiId },
        statistic: 'Sum',
        period,
      })
    board.addWidgets(new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: 24, height: 4 }))
    board.addWidgets(
      graph('Runs and statements', [productMetric('Runs', period), productMetric('Statements', period)]),
      graph('Applies and syncs', [
        productMetric('Applies', period),
        productMetric('AppliesFailed', period),
        productMetric('Syncs', period),
      ]),
      graph('Drift, throttles, errors', [
        productMetric('DriftedRows', period),
        productMetric('Throttles', period),
        productMetric('Errors', period),
        productMetric('Anonymous', period),
      ]),
    )
    board.addWidgets(
      graph('Connections and messages', [connections('ConnectCount'), connections('MessageCount')]),
      graph(
        'Functions: errors',
        every.map(({ label, fn }) => fn.metricErrors({ label, period })),
        true,
      ),
      graph(
        'Functions: concurrent',
        every.map(({ label, fn }) =>
          fn.metric('ConcurrentExecutions', { label, period, statistic: 'Maximum' }),
        ),
      ),
    )
    // What the bill is mostly made of: capacity by the hour, seconds of functions, transitions of machines.
    board.addWidgets(
      graph('Cost: database capacity (ACU)', [
        cluster.metric('ServerlessDatabaseCapacity', { period, statistic: 'Average' }),
      ]),
      graph(
        'Cost: function time',
        every.map(({ label, fn }) => fn.metricDuration({ label, period, statistic: 'Sum' })),
        true,
      ),
      graph('Cost: machine executions', [
        ...Object.values(machines.all).map((machine) => machine.metricStarted({ period })),
        deadLetters.queue.metricApproximateNumberOfMessagesVisible({ period }),
      ]),
    )
  }
}
