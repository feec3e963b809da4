import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { checkOptIn } from '../e2e/opt-in.ts'

const whole = { IASQL_E2E: '1', IASQL_E2E_ACCOUNT: '123456789012', AWS_REGION: 'eu-west-1' }
const script = fileURLToPath(new URL('../e2e/run.ts', import.meta.url))
const run = (...words: readonly string[]) =>
  promisify(execFile)(process.execPath, [script, ...words], { env: { PATH: process.env.PATH } })

test.each([
  [{ ...whole, IASQL_E2E: undefined }, 'set IASQL_E2E=1'],
  [{ ...whole, IASQL_E2E: 'true' }, 'set IASQL_E2E=1'],
  [{ ...whole, IASQL_E2E_ACCOUNT: 'mine' }, 'IASQL_E2E_ACCOUNT'],
  [{ ...whole, AWS_REGION: '' }, 'AWS_REGION'],
])('%j is not enough to meet a real account: %s', (environment, message) => {
  expect(() => checkOptIn(environment)).toThrow(message)
})

test('two variables and a region say where', () => {
  expect(checkOptIn(whole)).toEqual({ accountId: '123456789012', region: 'eu-west-1' })
})

test('its help explains how to opt in, and without opting in it does nothing', async () => {
  const { stdout } = await run('--help')
  const refused: { readonly code: number; readonly stderr: string } = await run().catch((error) => error)

  expect(stdout).toContain('IASQL_E2E_ACCOUNT')
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('this deploys into a real account')
})
