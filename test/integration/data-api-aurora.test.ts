/** What only a service far away does: it sleeps, it limits calls, it answers late or not at all. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { auroraDataApi } from '#postgres/aurora-data-api.ts'
import { type Adapters, failing, platformLogin as login, openAdapters } from '../support/data-api-adapters.ts'
import { startMuteServer } from '../support/mute-server.ts'

let adapters: Adapters

beforeAll(async () => {
  adapters = await openAdapters({})
})

afterAll(async () => {
  await adapters?.close()
})

const select = (dataApi = adapters.dataApis['by the SDK']) => dataApi.execute({ login, sql: 'SELECT 1' })
const resuming = {
  status: 400,
  exception: 'DatabaseResumingException',
  message: 'The Aurora DB instance is resuming after being auto-paused.',
}
const throttled = { status: 400, exception: 'ThrottlingException', message: 'Rate exceeded' }
const failed = { status: 500, exception: 'InternalServerErrorException', message: 'internal' }

test('waits for a database that wakes up, and for a service that limits calls', async () => {
  adapters.server.failNext(resuming)
  adapters.server.failNext(throttled)

  expect((await select()).records).toEqual([[{ longValue: 1 }]])
})

test('gives up when the database does not wake up in time', async () => {
  const impatient = adapters.bySdk(0)
  adapters.server.failNext(resuming)

  expect((await failing(select(impatient))).fault).toBe('resuming')
})

test('repeats nothing that may have been executed', async () => {
  const before = adapters.server.calls
  adapters.server.failNext(failed)

  expect((await failing(select())).fault).toBe('unavailable')
  expect(adapters.server.calls - before).toBe(1)
})

const serviceAt = (endpoint: string, answerMs: number) =>
  auroraDataApi({
    resourceArn: 'arn:aws:rds:us-east-1:123456789012:cluster:c',
    client: { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } },
    answerMs,
  })

test('says that the service cannot be reached', async () => {
  const nowhere = serviceAt('http://127.0.0.1:1', 60_000)

  expect((await failing(nowhere.begin(login))).fault).toBe('unavailable')
})

test('waits for no answer for ever, and repeats nothing of which none came', async () => {
  const mute = await startMuteServer()

  const error = await failing(select(serviceAt(mute.endpoint, 50)))
  mute.close()

  expect(error.fault).toBe('unavailable')
  expect(mute.requests).toBe(1)
})
