/** AWS may refuse to tell of one resource: what is asked of the others goes on. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

/** Nobody is shown what is called so. */
const denying = (cloud: Cloud): Cloud => ({
  ...cloud,
  settleMs: (published) => cloud.settleMs(published),
  api: (client, place, signal) => {
    const api = cloud.api(client, place, signal)
    const send: typeof api.send = async (command, input) => {
      if (command.name === 'GetRoleCommand' && 'RoleName' in input && input.RoleName === 'secret')
        throw new IasqlError('cloud/denied', 'GetRole: not allowed')
      return await api.send(command, input)
    }
    return { ...api, send }
  },
})

let lab: TenantLab
beforeAll(async () => {
  lab = await openTenantLab({ wrapCloud: denying })
  await lab.call('iasql_install', [['aws_iam']])
})
afterAll(() => lab?.close())

const trust = `'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
  "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}'::jsonb`

test('a name that may not be looked up fails its own create, and no other', async () => {
  await lab.user.run(`INSERT INTO iam_role (role_name, assume_role_policy_document)
    SELECT name, ${trust} FROM (VALUES ('open'), ('secret')) r (name)`)

  const planned = await lab.call('iasql_preview')
  await expect(lab.call('iasql_apply')).rejects.toThrow('not allowed')

  expect(planned.map((row) => row.reason)).toEqual(
    expect.arrayContaining([expect.stringContaining('it does not tell: GetRole: not allowed')]),
  )
  expect(await lab.user.query('SELECT role_name FROM iam_role WHERE arn IS NOT NULL')).toEqual([
    { role_name: 'open' },
  ])
  expect((await lab.call('iasql_preview')).map((row) => row.natural_name)).toEqual(['secret'])
})
