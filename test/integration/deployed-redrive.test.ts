/** State machines that failed for good, started again from where they failed, as an operator does in the console. */
import { randomUUID } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { until } from '../support/host.ts'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost

afterEach(() => host?.stop())

test.each([
  ['of its execution', 'execution/'],
  ['of the run, whose execution gets another machine', 'run/'],
])('an apply whose machines failed ends well after a redrive %s', async (_, redriven) => {
  let isBroken = false
  const failed: string[] = []
  host = await startLiveHost({
    functions: {
      around: async (name, work) => {
        if (isBroken && name === 'step-execution') throw new Error('out of order')
        return await work()
      },
    },
    log: (level, message) => {
      const [, id] = /^state machine (\S+) failed/.exec(message) ?? []
      if (level === 'error' && id !== undefined) failed.push(id)
    },
  })
  await host.client.run("SELECT * FROM iasql_install('aws_sqs'); INSERT INTO queue (name) VALUES ('jobs')")
  const runId = randomUUID()
  isBroken = true
  host.client.send({ action: 'run', runId, sql: 'SELECT action FROM iasql_apply()' })
  await until(() => failed.some((id) => id.startsWith('run/')))
  isBroken = false

  for (const id of failed.filter((one) => one.startsWith(redriven))) await host.serving.machines.redrive(id)
  await host.serving.machines.idle()
  const preview = await host.client.run('SELECT count(*) FROM iasql_preview()')

  expect(preview.statements[0]?.rows).toEqual([['0']])
  expect(host.calls.filter(({ operation }) => operation === 'CreateQueue')).toHaveLength(1)
  if (redriven === 'run/') {
    const { statements } = await host.client.finished(runId)
    expect(statements[0]?.rows).toEqual([['create']])
  }
})
