import { DatabaseError } from 'pg'
import { describe, expect, test } from 'vitest'
import { DataApiError } from '#postgres/data-api.ts'
import { databaseErrorOf, parseDatabaseError, sqlstateOf } from '#postgres/database-error.ts'
import { errorText } from '#postgres/error-text.ts'

const databaseError = (fields: Partial<DatabaseError>): DatabaseError =>
  Object.assign(
    new DatabaseError(fields.message ?? 'm', 0, 'error'),
    { severity: 'ERROR', code: 'XX000' },
    fields,
  )

describe('the text of a database error', () => {
  test('has one line a field and ends with the SQLSTATE', () => {
    const text = errorText(
      databaseError({
        message: 'column "nope" does not exist',
        code: '42703',
        detail: 'd',
        hint: 'h',
        position: '8',
        where: 'w',
        internalQuery: 'SELECT nope',
        internalPosition: '8',
      }),
    )

    expect(text).toBe(
      [
        'ERROR: column "nope" does not exist',
        '  Detail: d',
        '  Hint: h',
        '  Position: 8',
        '  Where: w',
        '  Internal Query: SELECT nope',
        '  Internal Position: 8; SQLState: 42703',
      ].join('\n'),
    )
  })

  test.each<[string, Partial<DatabaseError>]>([
    ['nothing else', { message: 'plain' }],
    ['a message of several lines', { message: 'one\ntwo\n\n  three', hint: 'four\nfive' }],
    ['an empty message', { message: '' }],
    ['a message that ends like a text', { message: 'x; SQLState: 00000', detail: '; SQLState: 11111' }],
    ['a message that begins like a text', { message: 'ERROR: x' }],
    ['a query with lines like fields', { internalQuery: 'SELECT 1\n  Hint: no\n', internalPosition: '3' }],
    ['a detail with lines like earlier fields', { detail: 'a', where: 'x\n  Detail: y\n  Hint: z' }],
  ])('is taken apart again with %s', (_what, fields) => {
    const { internalPosition, ...texts } = fields
    const given = { message: 'm', sqlstate: 'XX000', ...texts }
    const numbers = internalPosition === undefined ? {} : { internalPosition: Number(internalPosition) }

    expect(parseDatabaseError(errorText(databaseError(fields)))).toEqual({ ...given, ...numbers })
  })
})

test('takes apart what the service gives without fields', () => {
  expect(parseDatabaseError('ERROR: relation "x" does not exist\n  Position: 15; SQLState: 42P01')).toEqual({
    sqlstate: '42P01',
    message: 'relation "x" does not exist',
    position: 15,
  })
})

test('finds nothing in other errors', () => {
  expect(parseDatabaseError('Transaction is still running a query')).toBeUndefined()
  expect(databaseErrorOf(new Error('ERROR: x; SQLState: 42P01'))).toBeUndefined()
  expect(databaseErrorOf(new DataApiError('unavailable', 'gone'))).toBeUndefined()
  expect(sqlstateOf(new DataApiError('database-error', 'ERROR: x; SQLState: 42P01'))).toBe('42P01')
})
