/** An apply of 500 resources six levels deep, on virtual time with real latencies and the published limits of AWS. */
import { openSimulatedLab } from '../test/support/simulated/lab.ts'
import type { Figure } from './figure.ts'
import { insertGraph, latency, leastMs, resources } from './simulated-graph.ts'

export const applyGraph = async (): Promise<readonly Figure[]> => {
  const lab = await openSimulatedLab({ latency: () => latency, patienceMs: 1_000 })
  try {
    const worker = lab.openWorker()
    await worker.call('iasql_install', [['sim']])
    await insertGraph(lab)
    const startedMs = lab.clock.nowMs
    const rows = await worker.call('iasql_apply')
    const elapsedMs = lab.clock.nowMs - startedMs
    if (rows.length !== resources) throw new Error(`${rows.length} of ${resources} changes were done`)
    return [
      {
        name: `apply of ${resources} resources six levels deep, virtual time`,
        value: elapsedMs / 1_000,
        unit: 's',
        floor: leastMs / 1_000,
        floorOf: 'the longer of the critical path and the slowest bucket',
        target: '≤ 1.1×',
      },
      {
        name: '· calls of it that AWS refused for their rate',
        value: lab.cloud.faults.get('limited') ?? 0,
        unit: 'calls',
      },
    ]
  } finally {
    await lab.close()
  }
}
