/** An apply against an emulator that answers by a page of an error, for once or for good. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { createCloud } from '#aws/create-cloud.ts'
import { openTenantLab, type TenantLab } from '../support/tenant-lab.ts'
import { startWatchedEndpoint, type WatchedEndpoint } from '../support/watched-endpoint.ts'

let lab: TenantLab
let wire: WatchedEndpoint

beforeAll(async () => {
  wire = await startWatchedEndpoint()
  const cloud = createCloud({ profile: 'emulator', endpoint: wire.url })
  lab = await openTenantLab({ wrapCloud: () => cloud })
  wire.target = lab.endpoint
  await lab.call('iasql_install', [['aws_sqs', 'aws_sns']])
})

afterEach(() => {
  wire.lacking.clear()
  wire.calls.length = 0
})

afterAll(async () => {
  await lab?.close()
  await wire?.stop()
})

const callsOf = (operation: string) => wire.calls.filter((call) => call.operation === operation)

test('what it stumbles over is looked up, and is there once', async () => {
  wire.stumbling.add('CreateQueue')
  await lab.user.run("INSERT INTO queue (name) VALUES ('jobs')")

  await lab.call('iasql_apply')

  expect(wire.stumbling).toEqual(new Set())
  expect(await lab.user.query('SELECT name FROM queue WHERE arn IS NOT NULL')).toEqual([{ name: 'jobs' }])
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('an update and a delete that it stumbles over are made again', async () => {
  wire.stumbling.add('SetQueueAttributes').add('DeleteQueue')
  await lab.user.run("UPDATE queue SET delay_seconds = 7 WHERE name = 'jobs'")
  await lab.call('iasql_apply')
  await lab.user.run("DELETE FROM queue WHERE name = 'jobs'")

  await lab.call('iasql_apply')

  expect(wire.stumbling).toEqual(new Set())
  expect(await lab.call('iasql_preview')).toEqual([])
})

test('what it lacks fails for good after a second try', async () => {
  wire.lacking.add('CreateTopic')
  await lab.user.run("INSERT INTO topic (name) VALUES ('news')")

  await expect(lab.call('iasql_apply')).rejects.toThrow(
    'CreateTopic: the emulator does not implement this call',
  )

  expect(callsOf('CreateTopic')).toHaveLength(2)
})
