/** Of a VPC that is put back, what AWS makes along with it stands for the rows of before, down to routes and rules. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { type LabSession, openSession, sessionLab } from '#test/support/session.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let ann: LabSession

/** So that a commit which deletes a queue fails as all else of it is done. */
const keepingQueues = (cloud: Cloud): Cloud => ({
  ...cloud,
  api: (...given) => {
    const api = cloud.api(...given)
    return {
      ...api,
      async send(command, input) {
        if (command.name !== 'DeleteQueueCommand') return await api.send(command, input)
        throw new IasqlError('cloud/denied', 'not now')
      },
    }
  },
})

beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: keepingQueues })
  await lab.call('iasql_install', [['aws_security_group', 'aws_sqs']])
  ann = await openSession(sessionLab(lab), 'ann')
})
afterAll(async () => {
  await lab?.close()
})

const expectNothingLeft = async (): Promise<void> => {
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
}

const vpcOfTable = '(SELECT t.vpc_id FROM route_table t WHERE t.id = r.route_table_id)'

/** What AWS has made along with the only VPC of the test, as its rows say it. */
const alongVpc = async (): Promise<Readonly<Record<string, readonly unknown[]>>> => {
  const of = (table: string, columns: string, vpc: string) =>
    lab.user.query(
      `SELECT ${columns} FROM ${table} WHERE ${vpc} = (SELECT id FROM vpc WHERE cidr_block = '10.77.0.0/16') ORDER BY id`,
    )
  return {
    groups: await of('security_group', 'id, group_name, tags', 'vpc_id'),
    rules: await of(
      'security_group_rule r',
      'id, is_egress, cidr_ipv4, tags',
      '(SELECT g.vpc_id FROM security_group g WHERE g.id = r.security_group_id)',
    ),
    tables: await of('route_table', 'id, tags', 'vpc_id'),
    associations: await of('route_table_association r', 'id, route_table_id', vpcOfTable),
    routes: await of('route r', 'id, route_table_id', vpcOfTable),
  }
}

test.each(['taken back', 'reverted'])(
  'what AWS makes along with a VPC is as it was when the end of that is %s',
  async (how) => {
    await lab.user.run(`INSERT INTO queue (name) VALUES ('stubborn') ON CONFLICT DO NOTHING`)
    await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('10.77.0.0/16')`)
    await lab.call('iasql_apply')
    for (const table of ['security_group', 'route_table'])
      await lab.user.run(
        `UPDATE ${table} x SET tags = '{"Name":"mine"}' FROM vpc v WHERE v.id = x.vpc_id AND v.cidr_block = '10.77.0.0/16'`,
      )
    await lab.call('iasql_apply')
    const before = await alongVpc()
    const ending = `DELETE FROM vpc WHERE cidr_block = '10.77.0.0/16'`

    if (how === 'taken back') {
      await ann.call('iasql_begin')
      await ann.write(ending, `DELETE FROM queue WHERE name = 'stubborn'`)
      expect(await ann.refusal('iasql_commit')).toMatchObject({ code: 'transaction/undone' })
    } else {
      const id = await ann.write(ending)
      await lab.call('iasql_apply')
      await ann.call('iasql_revert', [id])
      expect(await alongVpc()).toEqual(before)
      await lab.call('iasql_apply')
    }

    await expectNothingLeft()
    expect(await alongVpc()).toEqual(before)
    expect(before.rules).not.toEqual([])
    expect(before.routes).not.toEqual([])
    await lab.user.run(ending)
    await lab.call('iasql_apply')
    await expectNothingLeft()
  },
)
