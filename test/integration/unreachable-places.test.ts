/** One place is out of reach, or keeps something to itself: what is asked of the others is planned and done all the same. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IasqlError } from '#engine/model/error.ts'
import { lineOf, openTenantLab, type TenantLab } from '#test/support/tenant-lab.ts'

let lab: TenantLab
let lostRegion = ''
let hidden = ''

beforeAll(async () => {
  lab = await openTenantLab({
    log: () => undefined,
    wrapCloud: (cloud) => ({
      ...cloud,
      api: (client, place, signal) => {
        const api = cloud.api(client, place, signal)
        const heed = (operation: string): void => {
          if (place.region === lostRegion)
            throw new IasqlError('cloud/unreachable', `${operation}: ${lostRegion} does not answer`)
          if (operation === hidden) throw new IasqlError('cloud/denied', `${operation}: not allowed`)
        }
        return {
          ...api,
          async send(command, input) {
            heed(command.name.replace(/Command$/, ''))
            return await api.send(command, input)
          },
          async *pages(command, input, items) {
            heed(command.name.replace(/Command$/, ''))
            yield* api.pages(command, input, items)
          },
        }
      },
    }),
  })
  await lab.call('iasql_install', [['aws_sqs', 'aws_vpc']])
})
afterAll(() => lab?.close())

test('what came with a network and may not be read holds up no apply of anything else', async () => {
  await lab.user.run(`INSERT INTO vpc (cidr_block) VALUES ('10.77.0.0/16')`)
  hidden = 'DescribeRouteTables'
  await expect(lab.call('iasql_apply')).rejects.toMatchObject({ code: 'apply/changes-failed' })
  await lab.user.run(`INSERT INTO queue (name) VALUES ('unrelated')`)

  const done = await lab.call('iasql_apply').catch((error: IasqlError) => error.message)

  expect(
    await lab.user.query(`SELECT name FROM queue WHERE name = 'unrelated' AND url IS NOT NULL`),
    String(done),
  ).toEqual([{ name: 'unrelated' }])
  hidden = ''
  await lab.call('iasql_apply')
  const tables = `SELECT count(*) AS n FROM route_table t JOIN vpc v ON v.id = t.vpc_id WHERE v.cidr_block = '10.77.0.0/16'`
  expect(await lab.user.query(tables)).toEqual([{ n: 1 }])
  expect(await lab.call('iasql_preview')).toEqual([])
  expect(await lab.call('iasql_sync')).toEqual([])
}, 90_000)

test('creates of a region that does not answer fail by themselves, and no other', async () => {
  await lab.user.run(`UPDATE aws_regions SET is_enabled = true WHERE region = 'eu-west-1'`)
  await lab.user.run(`INSERT INTO queue (name, region) VALUES ('here', 'us-east-1'), ('there', 'eu-west-1')`)
  lostRegion = 'eu-west-1'

  const planned = await lab.call('iasql_preview')
  await expect(lab.call('iasql_apply')).rejects.toMatchObject({
    code: 'apply/changes-failed',
    message: expect.stringMatching(/^1 of 2 changes failed.*does not answer/),
  })
  lostRegion = ''

  expect(planned.map(lineOf)).toEqual(['create queue', 'create queue'])
  expect(await lab.user.query(`SELECT name FROM queue WHERE url IS NOT NULL AND name LIKE '%here'`)).toEqual([
    { name: 'here' },
  ])
  expect((await lab.call('iasql_apply')).map(lineOf)).toEqual(['create queue'])
  expect(await lab.call('iasql_preview')).toEqual([])
}, 90_000)
