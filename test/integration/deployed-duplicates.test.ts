/** Events that are delivered twice, as Lambda and API Gateway may: at once, and long after. */
import { afterEach, expect, test } from 'vitest'
import { type LiveHost, startLiveHost } from '../support/live-host.ts'

let host: LiveHost

afterEach(() => host?.stop())

/** Not the statements of a machine: Step Functions waits for its tasks, and repeats only those that have failed. */
const twice = new Set(['run-statements', 'step-execution', 'on-message', 'on-disconnect'])

/** The answer is that of either. */
const deliveredTwice = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
  if (!twice.has(name)) return await work()
  const [first, second] = [work(), work()]
  void first.catch(() => undefined)
  return await second.finally(() => first.catch(() => undefined))
}

const script = `
  SELECT * FROM iasql_install('aws_sqs');
  INSERT INTO queue (name) VALUES ('jobs'), ('mails');
  ${'SELECT pg_sleep(0.4)::text AS slept;'.repeat(3)}
  SELECT action FROM iasql_apply();
  SELECT count(*) FROM queue`

test('every event delivered twice at once does its work once, also where invocations hand over', async () => {
  host = await startLiveHost({ functions: { around: deliveredTwice }, budgetMs: 1_000 })

  const result = await host.client.run(script)

  expect(result.statements.map(({ error }) => error)).toEqual(result.statements.map(() => undefined))
  expect(result.statements.at(-2)?.rows).toEqual([['create'], ['create']])
  expect(result.statements.at(-1)?.rows).toEqual([['2']])
  expect(result.messages.map(({ seq }) => seq)).toEqual(result.messages.map((_, index) => index + 1))
  expect(host.calls.filter(({ operation }) => operation === 'CreateQueue')).toHaveLength(2)
})

test('an event that comes again when its run is over changes nothing', async () => {
  host = await startLiveHost()
  const { runId } = await host.client.run('CREATE TABLE marks (n int); INSERT INTO marks VALUES (1)')
  const [tenant] = await host.database.platform.query<{ id: string }>(
    'SELECT tenant_id AS id FROM iasql_platform.tenant',
  )
  const event = { tenantId: tenant?.id ?? '', runId }

  await host.serving.ports.invoker.runStatements(event)
  await host.serving.ports.machines.start('run', 'again', event)
  await host.serving.machines.idle()
  const marks = await host.client.run('SELECT n FROM marks')

  expect(marks.statements[0]?.rows).toEqual([['1']])
})

test('an event that comes again while its run waits for an apply leaves both to their end', async () => {
  const gate = Promise.withResolvers<void>()
  const stepped = Promise.withResolvers<void>()
  let isGated = false
  const runs: (() => Promise<unknown>)[] = []
  host = await startLiveHost({
    functions: {
      around: async (name, work) => {
        if (name === 'run-statements') runs.push(work)
        if (name === 'step-execution' && isGated) {
          stepped.resolve()
          await gate.promise
        }
        return await work()
      },
    },
  })
  await host.client.run("SELECT * FROM iasql_install('aws_sqs'); INSERT INTO queue (name) VALUES ('jobs')")
  isGated = true
  const applied = host.client.run('SELECT action FROM iasql_apply(); SELECT count(*) FROM queue')
  await stepped.promise

  await runs.at(-1)?.()
  gate.resolve()
  const result = await applied

  expect(result.statements.map(({ rows }) => rows)).toEqual([[['create']], [['1']]])
  expect(host.calls.filter(({ operation }) => operation === 'CreateQueue')).toHaveLength(1)
})
