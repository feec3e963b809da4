/** How long `npm start` takes until it serves: on a new data directory, and on one that is there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestMoto } from '../test/support/moto.ts'
import { spawnServer } from '../test/support/server.ts'
import { type Figure, percentile, timed } from './figure.ts'

const nodeStart = async () => {
  await once(spawn(process.execPath, ['-e', '0']), 'exit')
}

export const ready = async (): Promise<readonly Figure[]> => {
  const directory = await mkdtemp(join(tmpdir(), 'iasql-bench-'))
  const moto = await startTestMoto()
  const environment = { IASQL_DATA_DIR: directory, AWS_ENDPOINT_URL: moto.endpoint }
  const samples: number[] = []
  try {
    for (let start = 0; start < 6; start++) {
      const server = await spawnServer(environment)
      samples.push(server.readyMs)
      await server.stop()
    }
    const floor = await timed(nodeStart)
    const [cold = Number.NaN, ...warm] = samples
    return [
      { name: 'ready, cold (new data directory)', value: cold, unit: 'ms', floor, floorOf: 'starting Node' },
      {
        name: 'ready, warm (median of 5)',
        value: percentile(warm, 0.5),
        unit: 'ms',
        floor,
        floorOf: 'starting Node',
        target: '≤ 1,500 ms',
      },
    ]
  } finally {
    await moto.stop()
    await rm(directory, { recursive: true, force: true })
  }
}
