/** Import of 1,000 resources of mixed shapes, calls and time, over reading the same by the SDK alone. */
import { BareClient } from '../test/support/bare-client.ts'
import { startTestServer } from '../test/support/server.ts'
import { concurrency, readMixedCloud } from './bare-reads.ts'
import { type Figure, timed } from './figure.ts'
import { fillMixedCloud } from './mixed-cloud.ts'
import { ran } from './served-database.ts'

const modules = [
  ...['aws_sqs', 'aws_vpc', 'aws_security_group', 'aws_iam', 'aws_s3'],
  ...['aws_elb', 'aws_ecs_fargate', 'aws_cloudwatch', 'aws_secrets_manager'],
]

interface Imported {
  readonly rows: number
  readonly calls: number
  readonly ms: number
  readonly floor: { readonly calls: number; readonly ms: number }
}

/** Importing for the first time, on a server and an emulator of its own. */
async function importOnce(): Promise<Imported> {
  const server = await startTestServer()
  const client = await BareClient.open(server.url, server.token)
  const counted = async (work: () => Promise<unknown>) => {
    const before = await server.moto.calls()
    const ms = await timed(work)
    return { ms, calls: (await server.moto.calls()) - before }
  }
  try {
    await ran(client, `SELECT * FROM iasql_install('${modules.join("', '")}')`)
    await fillMixedCloud(server.awsConfiguration)
    let rows = 0
    const imported = await counted(async () => {
      rows = (await ran(client, 'SELECT * FROM iasql_sync(true)')).length
    })
    const bare = await counted(() => readMixedCloud(server.awsConfiguration))
    if (rows < 1_000) throw new Error(`${rows} resources were imported`)
    return { rows, ...imported, floor: bare }
  } finally {
    client.close()
    await server.stop()
  }
}

/** The middle one of three: one import is too short to tell the product from what else the machine does. */
export const importMixed = async (): Promise<readonly Figure[]> => {
  const runs = [await importOnce(), await importOnce(), await importOnce()]
  const [, middle] = runs.sort((a, b) => a.ms / a.floor.ms - b.ms / b.floor.ms)
  if (!middle) throw new Error('three are three')
  const { rows, calls, ms, floor } = middle
  const name = `import of ${rows.toLocaleString('en')} resources of mixed shapes`
  const floorOf = `lists, and what lists lack, by the SDK, ${concurrency} at once a service`
  return [
    { name: `${name}, calls`, value: calls, unit: 'calls', floor: floor.calls, floorOf, target: '≤ 1.1×' },
    {
      name: `${name}, time (middle one of three)`,
      value: ms,
      unit: 'ms',
      floor: floor.ms,
      floorOf,
      target: '≤ 1.3×',
    },
  ]
}
