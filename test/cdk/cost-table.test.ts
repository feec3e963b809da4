/** The table of what a deployment costs: its sums, its products, and how many there are of what is paid for by the piece. */
import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { productMetrics } from '#operations/metrics.ts'
import { synthesize } from './synthesis.ts'

const { template, dispose } = synthesize()
afterAll(dispose)

const text = readFileSync(new URL('../../docs/self-hosting.md', import.meta.url), 'utf8')
const section = text.slice(text.indexOf('## What it costs'), text.indexOf('## Upgrade'))
const rows = section
  .split('\n')
  .filter((line) => /^\|.*\$/.test(line))
  .map((line) => line.split('|').slice(1, -1))
const dollarsIn = (cell: string | undefined): number =>
  Number(/\$([\d,.]+)\D*$/.exec(cell ?? '')?.[1]?.replaceAll(',', ''))
const row = (name: string) => rows.find(([title]) => title?.trim().replaceAll('*', '').startsWith(name)) ?? []

test.each([
  ['idle', 1, 1],
  ['small', 2, 1],
  ['large', 3, 10],
])('the sum of the column %s is that of its rows', (_, column, precision) => {
  const parts = rows
    .filter(([title]) => !title?.includes('together'))
    .map((cells) => dollarsIn(cells[column]))
  const sum = parts.reduce((total, part) => total + part, 0)

  expect(parts.length).toBeGreaterThan(10)
  expect(dollarsIn(row('together')[column])).toBe(Math.round(sum / precision) * precision)
})

test('capacity costs its hours times its units', () => {
  const cells = row('Aurora capacity').slice(1)
  const products = cells.map((cell) => {
    const factors = (cell.split(':')[0] ?? '').match(/[\d.]+/g) ?? []
    return factors.map(Number).reduce((product, factor) => product * factor, 0.12)
  })

  expect(cells).toHaveLength(3)
  for (const [index, product] of products.entries())
    expect(Math.abs(dollarsIn(cells[index]) - product)).toBeLessThan(0.05)
})

test('what is paid for by the piece is counted as the template has it', () => {
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'))
  const metricsWithAlarms = alarms
    .map(({ Properties }) => Properties.Metrics ?? [{ MetricStat: {} }])
    .flatMap((metrics: readonly object[]) => metrics.filter((metric) => 'MetricStat' in metric)).length
  // The database's own comes with its cluster.
  const secrets = Object.keys(template.findResources('AWS::SecretsManager::Secret')).length + 1

  const [title = ''] = row('CloudWatch')
  expect(title).toContain(`${metricsWithAlarms} metrics with alarms`)
  expect(title).toContain(`${productMetrics.length} metrics (`)
  expect(row('Secrets Manager')[0]).toContain(`${secrets}, and 3 a tenant`)
  template.resourceCountIs('AWS::CloudWatch::Dashboard', 1)
  template.resourceCountIs('AWS::KMS::Key', 1)
})
