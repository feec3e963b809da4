import { describe, expect, test } from 'vitest'
import type { DataApi, ExecuteRequest, ExecuteResult, Login } from '#postgres/data-api.ts'
import { databaseOver } from '#postgres/database.ts'

const login: Login = { secret: 's', database: 'd' }

/** Answers every statement with `result` and remembers what was asked, transactions included. */
const recording = (result: Partial<ExecuteResult> = {}) => {
  const requests: ExecuteRequest[] = []
  const ends: string[] = []
  const dataApi: DataApi = {
    execute: async (request) => {
      requests.push(request)
      return { records: [], numberOfRecordsUpdated: 0, ...result }
    },
    begin: async () => 'tx',
    commit: async (_login, id) => {
      ends.push(`commit ${id}`)
    },
    rollback: async (_login, id) => {
      ends.push(`rollback ${id}`)
    },
  }
  return { database: databaseOver(dataApi, login), requests, ends }
}

test('sends values by their kind', async () => {
  const { database, requests } = recording()

  await database.run('x', { a: 'text', b: 1, c: 1.5, d: true, e: null, f: undefined, g: [1], h: { i: 1 } })

  expect(requests[0]?.parameters).toEqual([
    { name: 'a', value: { stringValue: 'text' } },
    { name: 'b', value: { longValue: 1 } },
    { name: 'c', value: { doubleValue: 1.5 } },
    { name: 'd', value: { booleanValue: true } },
    { name: 'e', value: { isNull: true } },
    { name: 'f', value: { isNull: true } },
    { name: 'g', value: { stringValue: '[1]' }, typeHint: 'JSON' },
    { name: 'h', value: { stringValue: '{"i":1}' }, typeHint: 'JSON' },
  ])
})

test('gives rows as objects, documents parsed and times with their zone', async () => {
  const { database } = recording({
    columns: [
      { name: 'id', typeName: 'int8' },
      { name: 'body', typeName: 'jsonb' },
      { name: 'at', typeName: 'timestamptz' },
      { name: 'note', typeName: 'text' },
    ],
    records: [
      [
        { longValue: 1 },
        { stringValue: '{"a":[]}' },
        { stringValue: '2026-01-02 03:04:05.600' },
        { isNull: true },
      ],
    ],
  })

  const rows = await database.query('x')

  expect(rows).toEqual([{ id: 1, body: { a: [] }, at: '2026-01-02T03:04:05.600Z', note: null }])
})

describe('a transaction', () => {
  test('is committed when its work is done', async () => {
    const { database, requests, ends } = recording()

    const result = await database.transaction(async (transaction) => {
      await transaction.run('one')
      return 'done'
    })

    expect(result).toBe('done')
    expect(requests).toMatchObject([{ sql: 'one', transactionId: 'tx' }])
    expect(ends).toEqual(['commit tx'])
  })

  test('is rolled back when its work fails, and the first error counts', async () => {
    const { database, ends } = recording()

    const work = database.transaction(async () => {
      throw new Error('first')
    })

    await expect(work).rejects.toThrow('first')
    expect(ends).toEqual(['rollback tx'])
  })
})
