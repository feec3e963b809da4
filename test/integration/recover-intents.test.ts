/** A call whose answer is lost stays known until it is settled, however the execution that made it ends. */
import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import type { Json } from '#engine/model/json.ts'
import { claimChanges } from '#operations/apply/claim-changes.ts'
import { cancelExecution } from '#operations/execution/cancel-execution.ts'
import { stepExecution } from '#operations/execution/step-execution.ts'
import type { Cloud } from '#operations/ports.ts'
import { DataApiError } from '#postgres/data-api.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
/** `lost`: creates of networks are heard and not answered, and nothing can be looked up. */
let trouble: 'none' | 'lost' | 'away' | 'dead' = 'none'

const troubled = (cloud: Cloud): Cloud => ({
  ...cloud,
  api: (...given) => {
    const api = cloud.api(...given)
    return {
      ...api,
      async send(command, input) {
        if (trouble === 'dead' && command.name === 'CreateVpcCommand') {
          trouble = 'none'
          await lab.ports.platform.run(
            `UPDATE ${lab.tenant.schema}.iasql_execution_record SET fence = fence + 1, lease_until = NULL
             WHERE ended_at IS NULL`,
          )
          throw new Error('the process died')
        }
        const output = await api.send(command, input)
        if (trouble === 'lost' && command.name === 'CreateVpcCommand') {
          throw new IasqlError('cloud/unknown-outcome', 'CreateVpc: timeout')
        }
        return output
      },
      async *pages(command, input, items) {
        if (trouble === 'lost') throw new IasqlError('cloud/unreachable', `${command.name}: timeout`)
        if (trouble === 'away' && command.name === 'ListQueuesCommand') {
          trouble = 'none'
          throw new DataApiError('unavailable', 'gone')
        }
        yield* api.pages(command, input, items)
      },
    }
  },
})

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: troubled, log: () => undefined })
  await lab.call('iasql_install', [['aws_vpc']])
})
beforeEach(() => {
  trouble = 'none'
})
afterAll(async () => {
  await lab.close()
})

const networks = async (cidr: string): Promise<readonly (string | undefined)[]> => {
  const ec2 = new EC2Client({
    region: 'us-east-1',
    endpoint: lab.endpoint,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'test' },
  })
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({}))
  return Vpcs.filter((vpc) => vpc.CidrBlock === cidr).map((vpc) => vpc.VpcId)
}

const executionState = async (executionId: string) => {
  const rows = await lab.ports.platform.query<{ state: string; error: Json }>(
    `SELECT state, error FROM ${lab.tenant.schema}.iasql_execution_record WHERE execution_id = ${executionId}`,
  )
  return rows[0]
}

/** The network is made, nobody answers, and the user gives up. */
const cancelUnanswered = async (cidr: string): Promise<string> => {
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('${cidr}')`)
  trouble = 'lost'
  const executionId = await lab.begin('iasql_apply')
  const driving = lab.drive(executionId)
  while ((await networks(cidr)).length === 0) await new Promise((resolve) => setTimeout(resolve, 50))
  await cancelExecution(lab.ports, lab.tenant, executionId)
  await driving
  trouble = 'none'
  return executionId
}

test('takes what an unanswered create made, after the apply was cancelled', async () => {
  const executionId = await cancelUnanswered('10.40.0.0/16')

  expect(await executionState(executionId)).toMatchObject({ state: 'cancelled' })
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['create vpc'])

  const [made, ...more] = await networks('10.40.0.0/16')
  expect(more).toEqual([])
  expect(await lab.user.query(`SELECT vpc_id FROM vpc WHERE cidr_block = '10.40.0.0/16'`)).toEqual([
    { vpc_id: made },
  ])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
})

test('removes what an unanswered create made when its row has gone meanwhile', async () => {
  await cancelUnanswered('10.41.0.0/16')
  await lab.user.run(`DELETE FROM vpc WHERE cidr_block = '10.41.0.0/16'`)

  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['delete vpc'])

  expect(await networks('10.41.0.0/16')).toEqual([])
})

test('takes what an unanswered create made when its row was edited meanwhile', async () => {
  await cancelUnanswered('10.42.0.0/16')
  await lab.user.run(`UPDATE vpc SET tags = '{"Name": "later"}' WHERE cidr_block = '10.42.0.0/16'`)

  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['update vpc'])

  expect(await networks('10.42.0.0/16')).toHaveLength(1)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('does not import as foreign what an open intent may have made', async () => {
  await cancelUnanswered('10.43.0.0/16')

  await lab.call('iasql_sync')
  await lab.call('iasql_apply')

  expect(await networks('10.43.0.0/16')).toHaveLength(1)
  expect(await lab.user.query(`SELECT id FROM vpc WHERE cidr_block = '10.43.0.0/16'`)).toHaveLength(1)
})

test('calls again only when the call of the one that died can be in flight no more', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('10.44.0.0/16')`)
  const executionId = await lab.begin('iasql_apply')
  trouble = 'dead'
  await stepExecution(lab.ports, { tenantId: lab.tenant.id, executionId })
  let aheadMs = 0
  const { clock } = lab.ports
  const hurried = {
    now: () => new Date(clock.now().getTime() + aheadMs),
    async sleep(ms: number, signal?: AbortSignal) {
      // Only the wait for the deadline of a write is of this length.
      if (ms < 20_000 || ms > 33_000) return await clock.sleep(ms, signal)
      expect(await networks('10.44.0.0/16')).toEqual([])
      aheadMs += ms
    },
  }

  await lab.drive(executionId, { ...lab.ports, clock: hurried })

  expect(aheadMs).toBeGreaterThan(20_000)
  expect(await networks('10.44.0.0/16')).toHaveLength(1)
})

test('an install that is cut off in its import goes on with it', async () => {
  const executionId = await lab.begin('iasql_install', [['aws_sqs']])
  trouble = 'away'
  await stepExecution(lab.ports, { tenantId: lab.tenant.id, executionId })
  await lab.ports.platform.run(`UPDATE ${lab.tenant.schema}.iasql_execution_record SET lease_until = NULL`)
  lab.calls.length = 0

  await lab.drive(executionId)

  expect(lab.calls.some(({ operation }) => operation === 'ListQueues')).toBe(true)
  expect(await executionState(executionId)).toMatchObject({ state: 'succeeded' })
  const [{ done }] = (await lab.user.query(
    `SELECT done FROM iasql_execution WHERE execution_id = ${executionId}`,
  )) as [{ done: number }]
  expect(done).toBeGreaterThan(0)
})

test('an apply that ends for a reason of our own leaves no row claimed', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('freed')`)
  await lab.ports.platform.run(
    `ALTER TABLE ${lab.tenant.schema}.iasql_resource ADD CONSTRAINT broken CHECK (false) NOT VALID`,
  )
  const executionId = await lab.begin('iasql_apply')
  await lab.drive(executionId)
  await lab.ports.platform.run(`ALTER TABLE ${lab.tenant.schema}.iasql_resource DROP CONSTRAINT broken`)

  expect(await executionState(executionId)).toMatchObject({ state: 'failed' })
  const open = `SELECT change_id FROM iasql_change WHERE execution_id IS NOT NULL AND ended_at IS NULL`
  expect(await lab.user.query(open)).toEqual([])
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['create queue'])
})

test('nothing is claimed for an execution that has ended or is not ours any more', async () => {
  await lab.user.run(`INSERT INTO queue (name) VALUES ('late')`)
  const ended = await lab.ports.platform.query<{ execution_id: number; fence: number }>(
    `SELECT execution_id, fence FROM ${lab.tenant.schema}.iasql_execution_record WHERE ended_at IS NOT NULL LIMIT 1`,
  )
  const claim = await claimChanges(lab.ports, {
    tenant: lab.tenant,
    executionId: ended[0]?.execution_id ?? 0,
    fence: ended[0]?.fence ?? 0,
    actor: 'zombie',
    arguments: { planId: null, mine: false, isWaiting: true, claimed: 'wait' },
    signal: new AbortController().signal,
  }).catch(() => ({ changes: [] }))

  expect(claim.changes).toEqual([])
  expect((await lab.call('iasql_apply', [null, false, true, 'skip'])).map(lineOf)).toEqual(['create queue'])
})

test('an apply that nobody waits for and that cannot be planned starts nothing', async () => {
  lab.started.length = 0

  await expect(lab.call('iasql_apply', [999_999, false, false, 'wait'])).rejects.toThrow(/no plan/)

  expect(lab.started).toEqual([])
  expect(await lab.user.query('SELECT execution_id FROM iasql_execution WHERE ended_at IS NULL')).toEqual([])
})
