/** The product's own figures as CloudWatch knows them; operations/metrics.ts names and counts them. */
import type { Duration } from 'aws-cdk-lib'
import { Metric } from 'aws-cdk-lib/aws-cloudwatch'

export const productMetric = (metricName: string, period: Duration): Metric =>
  new Metric({ namespace: 'iasql', metricName, statistic: 'Sum', period })
