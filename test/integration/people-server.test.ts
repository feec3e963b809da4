/** The server as it is started, with an issuer: a person who was let in signs in by JWT, from the command line too. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { main } from '#cli/main.ts'
import { BareClient } from '../support/bare-client.ts'
import { personClaims, startTestIssuer, type TestIssuer, testAudience } from '../support/issuer.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { testTerminal } from '../support/terminal.ts'

let issuer: TestIssuer
let server: TestServer

beforeAll(async () => {
  issuer = await startTestIssuer()
  server = await startTestServer({ IASQL_OIDC_ISSUER: issuer.url, IASQL_OIDC_AUDIENCE: testAudience })
})
afterAll(async () => {
  await server?.stop()
  await issuer?.close()
})

test('a member signs in, works under their name, and is out when they are removed', async () => {
  const owner = await BareClient.open(server.url, server.token)
  const jwt = await issuer.sign(personClaims('u-17', 'ann@example.com'))
  const sql = async (text: string) => {
    const terminal = testTerminal({ env: { IASQL_URL: server.url, IASQL_TOKEN: jwt } })
    const code = await main(['sql', text, '--format', 'csv'], terminal)
    return { code, out: terminal.out(), err: terminal.err() }
  }
  const before = await sql('SELECT 1')
  await owner.run("SELECT * FROM iasql_member_add('ann@example.com', 'editor')")

  const during = await sql(`SELECT * FROM iasql_set('run_retention_days', '9');`)
  const shown = await sql('SELECT subject, role FROM iasql_member')
  const removed = await owner.run("SELECT subject FROM iasql_member_remove('ann@example.com')")
  const after = await sql('SELECT 1')

  expect(before).toMatchObject({ code: 3, err: expect.stringContaining('member of no tenant here') })
  expect(during).toMatchObject({
    code: 1,
    err: expect.stringContaining('needs the role owner; yours is editor'),
  })
  expect(shown).toMatchObject({ code: 0, out: 'subject,role\nann@example.com,editor\n' })
  expect(removed.statements[0]?.rows).toEqual([['ann@example.com']])
  expect(after.code).toBe(3)
  owner.close()
})
