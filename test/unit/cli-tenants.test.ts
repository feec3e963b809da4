import { expect, test } from 'vitest'
import { main } from '#cli/main.ts'
import { testTerminal } from '../support/terminal.ts'

test.each([
  [
    ['make', 'x'],
    'there is no "iasql tenants make"; there is list, create, suspend, resume, quota, move, delete',
  ],
  [['create'], 'give it as: iasql tenants create <alias>'],
  [['move', 'a'], 'give it as: iasql tenants move <alias> <placement>'],
  [['suspend', 'a', 'b'], 'give it as: iasql tenants suspend <alias>'],
  [['quota', 'a', 'runs', 'many'], '"many" is no number; give a whole one'],
  [['delete', 'a'], 'this deletes all tables of a; say so with --yes.'],
])('tenants %j is wrong usage, told with what is right', async (words, message) => {
  const terminal = testTerminal()

  const code = await main(['tenants', ...words], terminal)

  expect(code).toBe(64)
  expect(terminal.err()).toContain(message)
})

test('deleting names how to keep the tenant first', async () => {
  const terminal = testTerminal()

  await main(['tenants', 'delete', 'staging'], terminal)

  expect(terminal.err()).toContain(
    'iasql --tenant staging sql "SELECT sql FROM iasql_get_sql_since()" | jq -r .sql > staging.sql',
  )
})
