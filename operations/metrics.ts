/** The product's own figures, counted where they happen; on AWS they become metrics of the namespace `iasql`. */

export const productMetrics = [
  'Runs',
  'Statements',
  'Applies',
  'AppliesFailed',
  'Syncs',
  'Throttles',
  'DriftedRows',
  'Errors',
  'Anonymous',
] as const

export type ProductMetric = (typeof productMetrics)[number]

export type Count = (metric: ProductMetric, value?: number) => void

/**
 * Writes CloudWatch's embedded metric format, one line a figure: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.
 * Not by `console`, which Lambda wraps into an entry of its own that CloudWatch finds no metric in.
 */
export const countTo =
  (write: (line: string) => unknown, nowMs: () => number): Count =>
  (metric, value = 1) => {
    const CloudWatchMetrics = [
      { Namespace: 'iasql', Dimensions: [[]], Metrics: [{ Name: metric, Unit: 'Count' }] },
    ]
    write(`${JSON.stringify({ _aws: { Timestamp: nowMs(), CloudWatchMetrics }, [metric]: value })}\n`)
  }
