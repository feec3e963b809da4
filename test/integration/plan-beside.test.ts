/** A plan that is applied while others change its rows. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '#test/support/host.ts'
import { openPlanLab, type PlanLab } from '#test/support/plan-lab.ts'

let lab: PlanLab
/** Held, the cloud answers no create of a queue until it is released. */
let gate: Promise<void> = Promise.resolve()

beforeAll(async () => {
  lab = await openPlanLab({
    wrapCloud: (cloud) => ({
      ...cloud,
      api: (...given) => {
        const api = cloud.api(...given)
        return {
          ...api,
          send: async (command, input) => {
            if (command.name === 'CreateQueueCommand') await gate
            return await api.send(command, input)
          },
        }
      },
    }),
  })
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(async () => {
  await lab.close()
})

async function isWaiting(): Promise<boolean> {
  return (await lab.user.query(`SELECT 1 AS one FROM iasql_execution WHERE state = 'waiting'`)).length > 0
}

async function untilStarted(): Promise<void> {
  for (;;) {
    const rows = await lab.user.query(`SELECT 1 AS one FROM iasql_change WHERE state = 'started'`)
    if (rows.length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('does what is free, and leaves out what another apply did while it waited for that', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('free')`)
  await lab.call('iasql_apply')
  const { promise, resolve: open } = Promise.withResolvers<void>()
  gate = promise
  await lab.user.run(`INSERT INTO queue (name) VALUES ('busy')`)
  const first = lab.call('iasql_apply')
  await untilStarted()
  await lab.user.run(`UPDATE queue SET delay_seconds = 1 WHERE name = 'free'`)
  const plan = await lab.preview()
  expect(plan.lines).toEqual(['create busy', 'update free'])

  const second = lab.apply(plan.planId)
  await until(isWaiting)
  open()
  await first

  expect(await second).toEqual(['update queue free'])
  expect((await lab.notices()).at(-1)).toBe(
    '1 change is left out, having moved meanwhile: queue busy: applied since.',
  )
})
