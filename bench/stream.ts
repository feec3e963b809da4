/** Rows per second of a 200,000-row SELECT through the whole product, and the memory of the server while it streams. */
import pg from 'pg'
import { BareClient } from '../test/support/bare-client.ts'
import { startTestCluster } from '../test/support/cluster.ts'
import { startTestServer } from '../test/support/server.ts'
import { type Figure, timed } from './figure.ts'
import { peakMiB, residentMiB } from './process-memory.ts'

const count = 200_000
const sql = `SELECT n, 'row number ' || n AS label, n % 7 = 0 AS seventh FROM generate_series(1, ${count}) n`

const directMs = async (): Promise<number> => {
  const cluster = await startTestCluster()
  const client = new pg.Client(cluster.connectionString)
  await client.connect()
  try {
    await client.query(sql)
    return await timed(() => client.query({ text: sql, rowMode: 'array' }))
  } finally {
    await client.end()
    await cluster.stop()
  }
}

export const stream = async (): Promise<readonly Figure[]> => {
  const server = await startTestServer()
  const client = await BareClient.open(server.url, server.token)
  try {
    await client.run('SELECT 1')
    const idle = residentMiB(server.server.process.pid)
    const ms = await timed(() => client.run(sql))
    const direct = await directMs()
    return [
      {
        name: `SELECT of ${count.toLocaleString('en')} rows`,
        value: (count / ms) * 1000,
        unit: 'rows/s',
        floor: (count / direct) * 1000,
        floorOf: 'pg alone, whole result in memory',
      },
      {
        name: 'peak memory of the server meanwhile',
        value: peakMiB(server.server.process.pid),
        unit: 'MiB',
        floor: idle,
        floorOf: 'the idle server',
      },
    ]
  } finally {
    client.close()
    await server.stop()
  }
}
