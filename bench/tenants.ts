/** What a thousand tenants on one local database cost: to make, to start with, to bring up to date, to look after. */
import { handler as sweep } from '#functions/recover-runs.ts'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import { useHost } from '#operations/host.ts'
import type { Ports } from '#operations/ports.ts'
import { recoverRuns } from '#operations/run/recover-runs.ts'
import { upgradePlatform } from '#operations/tenant/upgrade-platform.ts'
import { openPlatformLab } from '../test/support/platform-lab.ts'
import { type Figure, percentile, timed } from './figure.ts'

const count = Number(process.env.IASQL_BENCH_TENANTS ?? 1_000)
const context = { functionName: 'recover-runs', awsRequestId: 'bench' } as never

/** What a start does to all tenants that there are. */
const start = async (ports: Ports): Promise<void> => {
  await recoverRuns(ports, { isSole: true })
  await recoverExecutions(ports, { sole: true })
  await upgradePlatform(ports)
}

export const tenants = async (): Promise<readonly Figure[]> => {
  const lab = await openPlatformLab()
  try {
    const size = async () => {
      const [row] = await lab.platform.query<{ bytes: number }>(
        'SELECT pg_catalog.pg_database_size(current_database()) AS bytes',
      )
      return row?.bytes ?? 0
    }
    const sizeBefore = await size()
    const made: number[] = []
    for (let n = 0; n < count; n++) made.push(await timed(() => lab.create(`tenant-${n}`)))
    const perTenant = ((await size()) - sizeBefore) / count / 1_048_576
    const query = await timed(() => lab.platform.query('SELECT 1 AS one'))
    await lab.platform.run("UPDATE iasql_platform.tenant SET created_at = now() - interval '1 hour'")
    const looking = await timed(() => start(lab.ports))
    const starting = await timed(() => start(lab.ports))
    await lab.platform.run('UPDATE iasql_platform.tenant SET fingerprint = NULL')
    const upgrading = await timed(() => upgradePlatform(lab.ports))
    useHost({ ...lab.ports, machines: { start: async () => undefined } })
    const sweeping = await timed(() => sweep({}, context))
    const floor = { floor: query, floorOf: 'one query' }
    const first = percentile(made.slice(0, 20), 0.5)
    return [
      { name: 'a tenant, made (median)', value: percentile(made, 0.5), unit: 'ms', ...floor },
      {
        name: `the last tenants of ${count}, made (median of 20)`,
        value: percentile(made.slice(-20), 0.5),
        unit: 'ms',
        floor: first,
        floorOf: 'the first 20',
        target: '≤ 2×',
      },
      { name: 'disk of a tenant without rows', value: perTenant, unit: 'MiB' },
      { name: 'a tenant looked into by a start, each', value: looking / count, unit: 'ms', ...floor },
      {
        name: `start with ${count} tenants that have nothing open`,
        value: starting,
        unit: 'ms',
        ...floor,
        target: '≤ 1,000 ms',
      },
      { name: `${count} tenants brought up to date, each`, value: upgrading / count, unit: 'ms', ...floor },
      { name: `a sweep over ${count} tenants, each`, value: sweeping / count, unit: 'ms', ...floor },
    ]
  } finally {
    await lab.close()
  }
}
