/** Installing and uninstalling: names, requirements, collisions, dependants, and a cloud that does not answer. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IasqlError } from '#engine/model/error.ts'
import { IasqlError as Failure } from '#engine/model/error.ts'
import { openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let isDown = false

beforeAll(async () => {
  lab = await openTenantLab({
    wrapCloud: (cloud) => ({
      ...cloud,
      api: (...given) => {
        if (isDown) throw new Failure('cloud/unreachable', 'nobody answers')
        return cloud.api(...given)
      },
    }),
  })
})
afterAll(async () => {
  await lab.close()
})

const failure = async (work: Promise<unknown>): Promise<IasqlError> =>
  await work.then(
    () => {
      throw new Error('it was not refused')
    },
    (error: IasqlError) => error,
  )

test('has account and region from the start, without a call to the cloud', async () => {
  const regions = await lab.user.query('SELECT region, is_default, is_enabled FROM aws_regions')
  const [native] = await lab.user.query(
    'SELECT default_aws_region() AS region, default_aws_account() AS account',
  )

  expect(lab.calls).toEqual([])
  expect(regions).toEqual([{ region: 'us-east-1', is_default: true, is_enabled: true }])
  expect(native).toEqual({ region: 'us-east-1', account: '123456789012' })
  expect(await lab.user.query('SELECT * FROM iasql_version()')).toHaveLength(1)
  const help = await lab.user.query<{ name: string }>('SELECT name FROM iasql_help()')
  expect(help.map(({ name }) => name)).toContain('iasql_apply')
})

test('names what was probably meant when a module is unknown', async () => {
  const error = await failure(lab.call('iasql_install', [['aws_vcp']]))

  expect(error).toMatchObject({ code: 'module/unknown', sqlstate: 'IQ008' })
  expect(error.message).toContain('aws_vpc')
})

test('takes a version only if it is the one on offer', async () => {
  expect(await failure(lab.call('iasql_install', [['aws_sqs@9.9.9']]))).toMatchObject({ sqlstate: 'IQ008' })

  const rows = await lab.call('iasql_install', [['aws_sqs@0.1.0']])

  expect(rows).toEqual([{ module_name: 'aws_sqs', created_table_name: 'queue', record_count: 0 }])
  expect(await lab.call('iasql_install', [['aws_sqs']])).toEqual([])
  expect(
    await lab.user.query(
      "SELECT module, signature, sample_usage FROM iasql_help() WHERE name = 'find_queue'",
    ),
  ).toEqual([
    { module: 'aws_sqs', signature: 'find_queue(name text)', sample_usage: "SELECT find_queue('…')" },
  ])
  const installed = await lab.user.query<{ module_name: string }>('SELECT * FROM iasql_modules_installed()')
  expect(installed.map((module) => module.module_name)).toEqual(['aws_account', 'aws_sqs'])
})

test('refuses to hide a table of the user’s own', async () => {
  await lab.user.run(`CREATE TABLE ${lab.tenant.userSchema}.subnet (id int)`)

  const error = await failure(lab.call('iasql_install', [['aws_vpc']]))

  expect(error).toMatchObject({ code: 'module/in-use' })
  expect(error.message).toContain('subnet')
  await lab.user.run(`DROP TABLE ${lab.tenant.userSchema}.subnet`)
})

test('stays installed when the cloud cannot be read, says which places, and a sync completes the import', async () => {
  isDown = true
  const error = await failure(lab.call('iasql_install', [['aws_vpc']]))
  isDown = false

  expect(error.message).toContain('aws_vpc installed, but the import is incomplete')
  expect(error.hint).toContain('iasql_sync')
  const [{ before }] = (await lab.user.query('SELECT count(*) AS before FROM vpc')) as [{ before: number }]
  expect(before).toBe(0)
  const synced = await lab.call('iasql_sync')
  expect(synced.filter(({ table_name }) => table_name === 'vpc')).toHaveLength(1)
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('imports another region once it is enabled', async () => {
  await lab.user.run(`UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`)

  const rows = await lab.call('iasql_sync')

  expect(rows.filter(({ table_name }) => table_name === 'vpc')).toHaveLength(1)
  const vpcs = await lab.user.query('SELECT region FROM vpc ORDER BY region')
  expect(vpcs).toEqual([{ region: 'eu-west-1' }, { region: 'us-east-1' }])
})

test('makes another region the default', async () => {
  expect(await lab.call('default_aws_region', ['eu-west-1'])).toEqual([{ default_aws_region: 'eu-west-1' }])
  expect(await failure(lab.call('default_aws_region', ['eu-wst-1']))).toMatchObject({ sqlstate: '22023' })

  const [native] = await lab.user.query('SELECT default_aws_region() AS region')
  expect(native).toEqual({ region: 'eu-west-1' })
})

test('refuses to uninstall what a view of the user’s depends on, and leaves the cloud alone', async () => {
  await lab.user.run(`CREATE VIEW ${lab.tenant.userSchema}.names AS SELECT name FROM queue`)
  const error = await failure(lab.call('iasql_uninstall', [['aws_sqs']]))
  expect(error).toMatchObject({ code: 'module/in-use', sqlstate: 'IQ008' })
  expect(`${error.message} ${error.detail}`).toContain('names')
  await lab.user.run(`DROP VIEW ${lab.tenant.userSchema}.names`)

  await lab.user.run(`INSERT INTO queue (name, region) VALUES ('stays', 'us-east-1')`)
  await lab.call('iasql_apply')
  const gone = await lab.call('iasql_uninstall', [['aws_sqs']])
  expect(gone).toEqual([{ module_name: 'aws_sqs', dropped_table_name: 'queue', record_count: 1 }])
  expect(await lab.call('iasql_install', [['aws_sqs']])).toMatchObject([{ record_count: 1 }])
})

test('refuses to uninstall what another module needs', async () => {
  expect(await failure(lab.call('iasql_uninstall', [['aws_account']]))).toMatchObject({ sqlstate: 'IQ008' })
})
