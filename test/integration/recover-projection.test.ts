/** The process dies after any single request of an apply: whoever takes that up ends it with all that the cloud has in the rows. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import type { Ports } from '#operations/ports.ts'
import { openSimulatedLab, type SimulatedLab, type Worker } from '#test/support/simulated/lab.ts'

let lab: SimulatedLab

beforeAll(async () => {
  lab = await openSimulatedLab()
  await lab.openWorker().call('iasql_install', [['sim']])
})
afterAll(async () => {
  await lab.close()
})

/** False: it lived to the end of its apply. */
const applyAndDie = async (worker: Worker): Promise<boolean> => {
  let hasEnded = false
  const end = (): void => {
    hasEnded = true
  }
  void worker.call('iasql_apply').then(end, end)
  while (!worker.isDead && !hasEnded) await lab.clock.sleep(1_000)
  const hasDied = worker.isDead
  await worker.kill()
  return hasDied
}

/** Nothing but the executions themselves: no sweep, and no apply that comes after them. */
const takeUp = async (): Promise<void> => {
  const worker = lab.openWorker()
  const found: string[] = []
  const machines: Ports['machines'] = {
    start: async (_, __, input) => {
      found.push((input as { readonly executionId: string }).executionId)
    },
  }
  await recoverExecutions({ ...worker.ports, machines }, { sole: true })
  for (const executionId of found) await worker.drive(executionId)
}

/** Requests of an apply of one row before it asks the cloud for anything. */
const quietRequests = 40

test('what an apply made is in its rows when the execution has ended, wherever its server died', async () => {
  const missing: Record<number, readonly unknown[]> = {}
  const madeByDead: number[] = []
  const made = (): readonly string[] => lab.cloud.world.all('topic').map(({ id }) => id)
  for (let requests = quietRequests, hasDied = true; hasDied; requests += 1) {
    await lab.user.run(`INSERT INTO topic (name) VALUES ('made-${requests}')`)
    const before = made().length
    const worker = lab.openWorker()
    worker.dieAfter(requests)

    hasDied = await applyAndDie(worker)
    madeByDead.push(made().length - before)
    await takeUp()

    const rows = await lab.user.query<{ topic_id: string | null }>('SELECT topic_id FROM topic')
    const inRows = rows.map(({ topic_id: id }) => id).sort()
    if (inRows.join() !== [...made()].sort().join()) missing[requests] = inRows
  }

  expect(missing).toEqual({})
  expect([madeByDead[0], madeByDead.at(-1)]).toEqual([0, 1])
})
