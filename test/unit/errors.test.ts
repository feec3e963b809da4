import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorKinds, IasqlError } from '#engine/model/error.ts'
import { errorDocs } from '../../tools/error-docs.ts'

test.each(Object.entries(errorKinds))('%s says what to do next', (_code, kind) => {
  expect(kind.hint).toMatch(/^[A-Z].{15,}\.$/)
  expect(kind.sqlstate).toMatch(/^[0-9A-Z]{5}$/)
})

test('the page on errors is the one made from the table of codes', () => {
  const page = readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')

  expect(page).toBe(errorDocs())
})

test('an error takes SQLSTATE and hint from its code unless it knows better', () => {
  const plain = new IasqlError('module/unknown', 'there is no module aws_sqz')
  const precise = new IasqlError('sql/statement-failed', 'no', {
    sqlstate: '23505',
    hint: 'Choose another name.',
  })

  expect([plain.sqlstate, plain.hint]).toEqual([
    'IQ008',
    'List the modules on offer: SELECT * FROM iasql_modules_list().',
  ])
  expect([precise.sqlstate, precise.hint]).toEqual(['23505', 'Choose another name.'])
})
