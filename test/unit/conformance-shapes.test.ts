/** What a table that the emulator lacks must have instead. */
import { expect, test } from 'vitest'
import { findTable } from '#modules/registry.ts'
import { shapesMissing } from '../modules/recorded-shapes.ts'

const table = { ...findTable('queue'), name: 'topic' } as NonNullable<ReturnType<typeof findTable>>
const operations = table.mapper?.operations ?? []
const mocking = "import { mockClient } from 'aws-sdk-client-mock'\n"

test('without a test of its mapper a table is held by nothing', () => {
  const sources = ["mapperOf('topic')", `${mocking}mapperOf('queue')`]

  expect(shapesMissing(table, sources, false)).toEqual([
    "a test/unit/modules-*.test.ts that mocks the SDK for mapperOf('topic')",
  ])
})

test('one test is enough where other examples of the table run on the emulator', () => {
  expect(shapesMissing(table, [`${mocking}mapperOf('topic')`], false)).toEqual([])
})

test('where none do, every declared operation needs its command', () => {
  const [first = '', ...others] = operations.map((operation) => `${operation}Command`)

  const missing = shapesMissing(table, [`${mocking}mapperOf('topic') ${others.join(' ')}`], true)

  expect(missing).toEqual([first])
})
