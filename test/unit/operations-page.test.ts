/** Who is woken by an alarm finds what to do about it. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { productMetrics } from '#operations/metrics.ts'

const page = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
const sources = readFileSync(new URL('../../cdk/alarms.ts', import.meta.url), 'utf8')

test('every figure of the product is explained', () => {
  expect(productMetrics.filter((name) => !page.includes(`\`${name}\``))).toEqual([])
})

test('the page names no alarm that is not there', () => {
  const headings = [...page.matchAll(/^### ([\w-]+)$/gm)].map(([, heading = '']) => heading)
  const words = headings.map((heading) => heading.replace(/^(function|machine)-/, ''))

  expect(headings.length).toBeGreaterThan(10)
  expect(words.filter((word) => !sources.includes(word))).toEqual([])
})
