/** Many clients of several tenants at once: every event of every run comes once and in order, and what was told was done. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BareClient } from '../support/bare-client.ts'
import { type CrowdMember, crowdTable, runCrowd } from '../support/crowd.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost

beforeAll(async () => {
  host = await startLiveHost()
})
afterAll(() => host?.stop())

const rowsOf = async (token: string, sql: string) => {
  const client = await BareClient.open(host.serving.url, token)
  const { statements, state } = await client.run(sql)
  client.close()
  expect(state).toBe('succeeded')
  return statements.at(-1)?.rows ?? []
}

const join = async (tenant: string, clients: number): Promise<CrowdMember> => {
  const [[token] = []] = await rowsOf(host.token, `SELECT token FROM iasql_connect('${tenant}')`)
  await rowsOf(String(token), crowdTable)
  return { tenant, token: String(token), clients }
}

test('no event is lost or repeated, and no statement, among twenty clients of three tenants', async () => {
  const members = [await join('greedy', 14), await join('second', 4), await join('modest', 2)]

  const report = await runCrowd({ url: host.serving.url, members, goesOn: (sent) => sent < 8 })

  expect(report.violations).toEqual([])
  expect(report.runs).toBe(20 * 8)
  for (const { tenant, token } of members) {
    const [[count] = []] = await rowsOf(token, 'SELECT count(*) FROM crowd')
    expect([tenant, Number(count)]).toEqual([tenant, report.inserted.get(tenant)])
  }
})
