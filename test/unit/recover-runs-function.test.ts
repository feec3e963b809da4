/** The sweep: what it starts by which name, and that one half of it does not stop the other. */
import { expect, test } from 'vitest'
import { handler } from '#functions/recover-runs.ts'
import { useHost } from '#operations/host.ts'
import type { Ports } from '#operations/ports.ts'

const tenant = { tenant_id: 't_1', schema_name: 't_1', state: 'active' }
const context = { functionName: 'recover-runs', awsRequestId: 'one' } as never

/** A tenant with one open execution; how its runs are found is given. */
function host(lostRuns: () => Promise<readonly object[]>) {
  const started: unknown[] = []
  const time = { now: new Date('2025-01-01T10:00:30Z') }
  const ports = {
    platform: {
      query: async (sql: string) => {
        if (sql.includes('clean_at')) return [{ ids: ['t_1'], asked_at: 'now' }]
        if (sql.startsWith("SELECT 't_1'")) return [{ id: 't_1' }]
        if (/pg_stat_activity|tenant_usage|tenant_move|'deleting'/.test(sql)) return []
        if (sql.includes('iasql_platform.tenant')) return [tenant]
        if (sql.includes('iasql_resource')) return []
        return sql.includes('iasql_run') ? lostRuns() : [{ execution_id: 7 }]
      },
      run: async () => 0,
    },
    clock: { now: () => time.now },
    invoker: { runStatements: async (input: object) => void started.push(input) },
    machines: { start: async (...start: unknown[]) => void started.push(start) },
    log: () => undefined,
    defaults: { budgetMs: 60_000 },
  } as unknown as Ports
  useHost(ports)
  return { started, time }
}

const accepted = { run_id: 'r', state: 'accepted', execution_id: null, next_statement: 0 }

test('begins a run that nobody began, and drives an open execution by one name an hour', async () => {
  const { started, time } = host(async () => [accepted])

  await handler({}, context)
  time.now = new Date('2025-01-01T10:59:59Z')
  await handler({}, context)
  time.now = new Date('2025-01-01T11:00:00Z')
  await handler({}, context)

  const names = started.filter(Array.isArray).map(([machine, name]) => [machine, name])
  expect(started).toContainEqual({ tenantId: 't_1', runId: 'r' })
  expect(names).toEqual([
    ['execution', 't_1-7-swept-482146'],
    ['execution', 't_1-7-swept-482146'],
    ['execution', 't_1-7-swept-482147'],
  ])
})

test('executions are taken up although runs could not be looked at, and the sweep fails', async () => {
  const { started } = host(async () => {
    throw new Error('no database')
  })

  await expect(handler({}, context)).rejects.toThrow('The sweep failed: Error: no database')
  expect(started).toEqual([['execution', expect.any(String), { tenantId: 't_1', executionId: '7' }]])
})
