/** An adoption and whoever plans beside it: the cloud is read while nobody waits, the row is stored under the lease or not at all. */
import { randomUUID } from 'node:crypto'
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adopt } from '#operations/adopt/adopt.ts'
import { dropPlanLease } from '#postgres/statements/plan-lease.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let sqs: SQSClient
let beforeList: (() => Promise<void>) | undefined
let beforeStore: (() => Promise<void>) | undefined

beforeAll(async () => {
  lab = await openTenantLab({
    wrapCloud: (cloud) => ({
      ...cloud,
      api: (...given) => {
        const api = cloud.api(...given)
        return {
          ...api,
          async *pages(command, input, items) {
            await beforeList?.()
            yield* api.pages(command, input, items)
          },
        }
      },
    }),
  })
  await lab.call('iasql_install', [['aws_sqs']])
  sqs = new SQSClient({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
})
afterAll(async () => {
  await lab.close()
})

const holderOf = async (): Promise<string | null> => {
  const [row] = await lab.ports.platform.query<{ holder: string | null }>(
    `SELECT lease_holder::text AS holder FROM iasql_platform.tenant WHERE tenant_id = :id`,
    { id: lab.tenant.id },
  )
  return row?.holder ?? null
}

test('nobody who plans waits for the list that an adoption reads', async () => {
  await sqs.send(new CreateQueueCommand({ QueueName: 'listed' }))
  const holders: (string | null)[] = []
  beforeList = async () => void holders.push(await holderOf())

  await lab.call('iasql_adopt', ['queue', 'listed', null, null])

  beforeList = undefined
  expect(holders).toEqual([null])
})

test('an adoption that has lost the lease stores nothing, and begins again once it has it', async () => {
  await sqs.send(new CreateQueueCommand({ QueueName: 'fenced' }))
  const other = { tenantId: lab.tenant.id, holder: randomUUID() }
  const { platform } = lab.ports
  const stored: number[] = []
  beforeStore = async () => {
    beforeStore = undefined
    await platform.run(
      `UPDATE iasql_platform.tenant SET lease_holder = :holder::uuid WHERE tenant_id = :tenantId`,
      { holder: other.holder, tenantId: other.tenantId },
    )
  }
  const sleeping = async (): Promise<void> => {
    stored.push((await lab.user.query(`SELECT id FROM queue WHERE name = 'fenced'`)).length)
    await dropPlanLease(platform, other.tenantId, other.holder)
  }
  const ports = {
    ...lab.ports,
    clock: {
      ...lab.ports.clock,
      sleep: async (ms: number, signal?: AbortSignal) => {
        if (ms < 1_000) await sleeping()
        await lab.ports.clock.sleep(ms, signal)
      },
    },
    platform: {
      ...platform,
      transaction: async <Result>(work: Parameters<typeof platform.transaction<Result>>[0]) => {
        await beforeStore?.()
        return await platform.transaction(work)
      },
    },
  }

  const { rowId } = await adopt(ports, {
    tenant: lab.tenant,
    table: 'queue',
    cloudId: 'fenced',
    region: null,
    accountId: null,
    signal: AbortSignal.timeout(30_000),
  })

  expect(stored).toEqual([0])
  expect(await lab.user.query(`SELECT id FROM queue WHERE name = 'fenced'`)).toEqual([{ id: rowId }])
})
