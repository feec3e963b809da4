/** What a statement costs over the same statement by `pg` directly, and how soon a run is accepted. */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { BareClient } from '../test/support/bare-client.ts'
import { startTestCluster } from '../test/support/cluster.ts'
import { startTestServer } from '../test/support/server.ts'
import { type Figure, percentile, timed } from './figure.ts'

const runs = 100
const statementsOfScript = 50

const directStatements = async (): Promise<number> => {
  const cluster = await startTestCluster()
  const client = new pg.Client(cluster.connectionString)
  await client.connect()
  try {
    const samples: number[] = []
    for (let index = 0; index < runs * 5; index++)
      samples.push(await timed(() => client.query('SELECT 1 AS one')))
    return percentile(samples, 0.5)
  } finally {
    await client.end()
    await cluster.stop()
  }
}

export const statements = async (): Promise<readonly Figure[]> => {
  const server = await startTestServer()
  const client = await BareClient.open(server.url, server.token)
  try {
    const accepted: number[] = []
    const whole: number[] = []
    for (let index = 0; index < runs; index++) {
      const runId = randomUUID()
      const startedAt = performance.now()
      client.send({ action: 'run', runId, sql: 'SELECT 1 AS one' })
      await client.until((message) => message.runId === runId && message.type === 'accepted')
      accepted.push(performance.now() - startedAt)
      await client.finished(runId)
      whole.push(performance.now() - startedAt)
      client.messages.length = 0
    }
    const script = Array.from({ length: statementsOfScript }, () => 'SELECT 1 AS one').join('; ')
    const scriptMs = await timed(() => client.run(script))
    const direct = await directStatements()
    const floorOf = 'the statement by pg directly, median'
    return [
      {
        name: 'accepted, p95 of 100 runs',
        value: percentile(accepted, 0.95),
        unit: 'ms',
        floor: direct,
        floorOf,
        target: '≤ 100 ms',
      },
      {
        name: 'one-statement run, median',
        value: percentile(whole, 0.5),
        unit: 'ms',
        floor: direct,
        floorOf,
      },
      {
        name: `a statement of a script of ${statementsOfScript}`,
        value: scriptMs / statementsOfScript,
        unit: 'ms',
        floor: direct,
        floorOf,
      },
    ]
  } finally {
    client.close()
    await server.stop()
  }
}
