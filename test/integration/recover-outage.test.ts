/** The cloud or the database goes away in the middle of an apply. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import { stepExecution } from '#operations/execution/step-execution.ts'
import { DataApiError } from '#postgres/data-api.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let isCloudDown = false

beforeAll(async () => {
  lab = await openTenantLab({
    log: () => undefined,
    wrapCloud: (cloud) => ({
      ...cloud,
      api: (...given) => {
        const api = cloud.api(...given)
        return {
          ...api,
          send: async (command, input) => {
            if (isCloudDown && command.name !== 'ListQueuesCommand') {
              throw new IasqlError('cloud/unreachable', 'nobody listens')
            }
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

test('gives up after a while with a clear error, and the same apply works when the cloud is back', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('a'), ('b'), ('c'), ('d')`)
  isCloudDown = true
  await expect(lab.call('iasql_apply')).rejects.toMatchObject({
    sqlstate: 'IQ001',
    message: expect.stringContaining('nobody listens'),
  })
  isCloudDown = false

  expect(await lab.call('iasql_apply')).toHaveLength(4)
}, 60_000)

test('goes on by itself when the database is back', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('steady')`)
  const executionId = await lab.begin('iasql_apply')
  const execute = lab.ports.dataApi.execute.bind(lab.ports.dataApi)
  let answers = 12
  const isAway = () => answers-- <= 0
  lab.ports.dataApi.execute = async (request) => {
    if (isAway()) throw new DataApiError('unavailable', 'The database does not answer')
    return await execute(request)
  }
  const step = await stepExecution(lab.ports, { tenantId: lab.tenant.id, executionId })
  lab.ports.dataApi.execute = execute

  expect(step).toMatchObject({ next: 'wait' })
  await recoverExecutions(lab.ports, { sole: true })
  await lab.drive(executionId)
  const rows = await lab.user.query(`SELECT state FROM iasql_execution WHERE execution_id = ${executionId}`)
  expect(rows).toEqual([{ state: 'succeeded' }])
  expect(await lab.call('iasql_preview')).toEqual([])
})
