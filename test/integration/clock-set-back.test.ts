/** The clock of a machine is set right while an apply waits. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { stepExecution } from '#operations/execution/step-execution.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let backMs = 0
let calls = 0

beforeAll(async () => {
  lab = await openTenantLab({
    budgetMs: 10_000,
    wrapCloud: (cloud) => ({
      ...cloud,
      api: (...given) => {
        const api = cloud.api(...given)
        return {
          ...api,
          async send(command, input) {
            if (command.name === 'CreateQueueCommand' && calls++ === 0) {
              setTimeout(() => {
                backMs = 2_000
              }, 100)
              throw new IasqlError('cloud/throttled', 'CreateQueue: slower')
            }
            return await api.send(command, input)
          },
        }
      },
    }),
  })
  await lab.call('iasql_install', [['aws_sqs']])
})
afterAll(() => lab?.close())

test('what is to be tried again is tried again by the same invocation', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('late')`)
  const executionId = await lab.begin('iasql_apply')
  const clock = { ...lab.ports.clock, now: () => new Date(Date.now() - backMs) }

  const step = await stepExecution({ ...lab.ports, clock }, { tenantId: lab.tenant.id, executionId })

  expect(step).toEqual({ next: 'done' })
  expect(calls).toBe(2)
  expect(await lab.call('iasql_preview')).toEqual([])
}, 60_000)
