import { expect, test } from 'vitest'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import { openTenantLab } from '#test/support/tenant-lab.ts'

test('starts again only executions whose worker is lost', async () => {
  const lab = await openTenantLab({ log: () => undefined })
  await lab.call('iasql_install', [['aws_sqs']])
  const id = await lab.begin('iasql_apply')
  const set = (sql: string) =>
    lab.ports.platform.run(
      `UPDATE ${lab.tenant.schema}.iasql_execution_record SET ${sql} WHERE ended_at IS NULL`,
    )
  const sweep = async () => {
    lab.started.length = 0
    await recoverExecutions(lab.ports)
    return [...lab.started]
  }
  expect(await sweep()).toEqual([])
  await set("touched_at = now() - interval '2 minutes'")
  expect(await sweep()).toEqual([id])
  await set("fence = 1, lease_until = now() + interval '20 seconds'")
  expect(await sweep()).toEqual([])
  await set('lease_until = NULL, touched_at = now()')
  expect(await sweep()).toEqual([])
  // Given back, and whatever drove it died before it came again.
  await set("touched_at = now() - interval '2 minutes'")
  expect(await sweep()).toEqual([id])
  await set("lease_until = now() - interval '2 minutes'")
  expect(await sweep()).toEqual([id])
  await lab.close()
})
