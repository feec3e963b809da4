import { expect, test } from 'vitest'
import { schemaFit, tenantSchema } from '#postgres/migrations/schema-version.ts'

const code = { version: 5, readableSince: 3, reads: 4 }

test.each([
  ['its own schema', 5, 3, 'fits'],
  ['one of the release before, while tenants wait for their turn', 4, 3, 'fits'],
  ['one that a later release has only added to', 6, 5, 'fits'],
  ['one that a later release has taken from', 7, 6, 'newer'],
  ['one that has not got what it needs yet', 3, 2, 'older'],
  ['one that nobody has brought up to date yet', null, null, 'fits'],
] as const)('the code of a version and %s', (_what, version, readableSince, verdict) => {
  expect(schemaFit({ version, readableSince }, code)).toBe(verdict)
})

test('this version reads what it makes, and what the last one made', () => {
  const { version, readableSince, reads } = tenantSchema

  expect(schemaFit(tenantSchema)).toBe('fits')
  expect(readableSince).toBeLessThanOrEqual(version)
  expect(reads).toBeLessThanOrEqual(Math.max(1, version - 1))
})
