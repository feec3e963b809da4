import { expect, test } from 'vitest'
import { countTo } from '#operations/metrics.ts'

test('a figure is one line that CloudWatch reads a metric from', () => {
  const lines: string[] = []

  countTo(
    (line) => lines.push(line),
    () => 1_000,
  )('DriftedRows', 7)

  expect(lines).toHaveLength(1)
  expect(lines[0]).toMatch(/^[^\n]+\n$/)
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    _aws: {
      Timestamp: 1_000,
      CloudWatchMetrics: [
        { Namespace: 'iasql', Dimensions: [[]], Metrics: [{ Name: 'DriftedRows', Unit: 'Count' }] },
      ],
    },
    DriftedRows: 7,
  })
})
