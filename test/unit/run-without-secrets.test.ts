/** What a call with secret arguments ends with is told without them, and is treated as what it is. */
import { expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { isDatabaseGone } from '#operations/run/database-gone.ts'
import { withoutSecrets } from '#operations/run/secret-arguments.ts'
import { DataApiError } from '#postgres/data-api.ts'

const secrets = new Map([['1', 'hunter22']])

test('a database that is gone is known as such, without the value', () => {
  const error = new DataApiError('unavailable', 'no answer to hunter22', new Error('sent hunter22'))

  const clean = withoutSecrets(error, secrets)

  expect(clean).toMatchObject({
    fault: 'unavailable',
    message: 'no answer to …',
    cause: { message: 'sent …' },
  })
  expect(isDatabaseGone(clean)).toBe(true)
})

test('any other error keeps its name and what caused it, without the value', () => {
  const cause = new TypeError('hunter22 is no object')

  const clean = withoutSecrets(new RangeError('hunter22 is too long', { cause }), secrets) as Error

  expect(clean).toMatchObject({ name: 'RangeError', message: '… is too long' })
  expect(clean.cause).toMatchObject({ name: 'TypeError', message: '… is no object' })
  expect(clean.stack).not.toContain('hunter22')
})

test('an error of the cloud keeps its code', () => {
  const clean = withoutSecrets(new IasqlError('cloud/invalid', 'hunter22 is weak'), secrets)

  expect(clean).toMatchObject({ code: 'cloud/invalid', message: '… is weak' })
})

test('without secrets an error is what it was', () => {
  const error = new Error('as it is')

  expect(withoutSecrets(error, new Map())).toBe(error)
})
