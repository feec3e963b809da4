import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { aesCipher } from '#operations/aes-cipher.ts'
import { wireError } from '#operations/connection/wire-error.ts'
import { DataApiError } from '#postgres/data-api.ts'

test('gives a client its own errors whole', () => {
  const error = new IasqlError('sql/syntax', 'syntax error at or near "FORM"', {
    position: 10,
    detail: 'd',
    awsRequestId: 'r',
  })

  const wire = wireError(error, () => {})

  expect(wire).toEqual({
    code: 'sql/syntax',
    sqlstate: '42601',
    message: 'syntax error at or near "FORM"',
    hint: error.hint,
    position: 10,
    detail: 'd',
    awsRequestId: 'r',
  })
})

test.each([
  ['an unexpected error', new Error('password=hunter2'), 'system/internal'],
  ['what is no error at all', 'hunter2', 'system/internal'],
  ['a broken statement of ours', new DataApiError('database-error', 'ERROR: hunter2'), 'system/internal'],
  [
    'a database that is away',
    new DataApiError('unavailable', 'connect hunter2'),
    'system/database-unavailable',
  ],
  [
    'a database that is away, as operations say it',
    new IasqlError('system/database-unavailable', 'connect hunter2'),
    'system/database-unavailable',
  ],
])('shows of %s only an id that the log has too', (_, error, code) => {
  const logged: unknown[] = []

  const wire = wireError(error, (level, _message, fields) =>
    logged.push(level, fields?.errorId, fields?.error),
  )

  const [level, id, cause] = logged
  expect(wire.code).toBe(code)
  expect(JSON.stringify(wire)).not.toContain('hunter2')
  expect(wire.message).toContain(String(id))
  expect([level, cause]).toEqual(['error', error])
})

test('a database that still wakes up is no error for the log', () => {
  const levels: string[] = []

  const wire = wireError(new DataApiError('resuming', 'auto-paused'), (level) => void levels.push(level))

  expect(wire).toMatchObject({
    code: 'system/database-unavailable',
    message: 'The database is still waking up.',
  })
  expect(levels).toEqual(['info'])
})

test('opens what it has encrypted, and nothing that was changed or is under another key', async () => {
  const cipher = aesCipher(randomBytes(32))
  const text = "SELECT 'geheim ☂'"

  const sealed = await cipher.encrypt(text)

  const changed = Buffer.from(sealed, 'base64')
  changed.writeUInt8(changed.readUInt8(20) ^ 1, 20)
  expect(sealed).not.toBe(await cipher.encrypt(text))
  expect(await cipher.decrypt(sealed)).toBe(text)
  await expect(cipher.decrypt(changed.toString('base64'))).rejects.toThrow()
  await expect(aesCipher(randomBytes(32)).decrypt(sealed)).rejects.toThrow()
})
