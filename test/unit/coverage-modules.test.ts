/** The matrix of proofs says no more than what runs have proved. */
import { expect, test } from 'vitest'
import { findTable } from '#modules/registry.ts'
import type { Proof } from '#test/support/proofs.ts'
import { cellOf, shapesCell } from '../../tools/coverage-modules.ts'

const proof = (steps: Proof['steps']): Proof => ({ table: 'queue', ms: 1, steps })
const queue = findTable('queue') as NonNullable<ReturnType<typeof findTable>>

test('a table that no run went through is not run, and not proved', () => {
  expect(cellOf([])).toEqual({ text: 'not run', isProof: false, open: [] })
})

test('what the emulator cannot do is no proof, and its reason is told', () => {
  const cell = cellOf([['queue', proof({ 'every step': 'not exercised: no CreateQueue' })]])

  expect(cell.isProof).toBe(false)
  expect(cell.text).toBe('0 of 1')
  expect(cell.open).toEqual(['queue, every step: not exercised: no CreateQueue'])
})

test('a step that failed shows beside those before it', () => {
  const cell = cellOf([['queue', proof({ create: 'proved', 'the next step': 'failed' })]])

  expect(cell).toMatchObject({ text: 'FAILED, 1 of 2', isProof: true })
})

test('recorded shapes count the operations of which a passed test of the mapper has an answer', () => {
  const passed = [
    "mapperOf('queue') CreateQueueCommand DeleteQueueCommand",
    "mapperOf('vpc') TagQueueCommand",
  ]

  const cell = shapesCell(queue, passed)

  expect(cell).toMatchObject({ text: `2 of ${queue.mapper?.operations.length} calls`, isProof: true })
})

test('a table without a passed test of its mapper has no recorded shapes', () => {
  expect(shapesCell(queue, ["mapperOf('vpc') CreateQueueCommand"]).isProof).toBe(false)
})

test("another mapper's answer to an operation of the same name is no proof of this one", () => {
  const passed = [
    "test('a', () => mapperOf('queue') CreateQueueCommand)\ntest('b', () => mapperOf('vpc') TagQueueCommand)",
  ]

  expect(shapesCell(queue, passed).text).toBe(`1 of ${queue.mapper?.operations.length} calls`)
})

test('a mapper that the heading alone takes is that of the tests that take none', () => {
  const passed = [
    [
      "const mapper = mapperOf('queue')",
      "test('a', () => CreateQueueCommand)",
      "test('b', () => mapperOf('vpc') TagQueueCommand)",
    ].join('\n'),
  ]

  expect(shapesCell(queue, passed).text).toBe(`1 of ${queue.mapper?.operations.length} calls`)
})
