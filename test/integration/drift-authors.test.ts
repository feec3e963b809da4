/** Who changed in the cloud what drifted: asked of the account's trail where that is allowed. */
import { CloudTrailClient, type Event, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { CloudApi, SdkCommandClass } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Cloud } from '#operations/ports.ts'
import { type DriftLab, openDriftLab } from '#test/support/drift-lab.ts'

interface Asked {
  readonly LookupAttributes?: readonly { readonly AttributeKey?: string; readonly AttributeValue?: string }[]
}

/** The emulator keeps no trail: this one answers by what AWS documents, and refuses what it would refuse. */
const trail = {
  events: [] as Event[],
  asked: [] as string[],
  isClosed: false,
  look({ LookupAttributes = [] }: Asked): object {
    const [{ AttributeKey = '', AttributeValue = '' } = {}, ...more] = LookupAttributes
    if (more.length > 0) throw new IasqlError('cloud/invalid', 'InvalidLookupAttributesException')
    trail.asked.push(`${AttributeKey} ${AttributeValue}`)
    if (trail.isClosed) throw new IasqlError('cloud/denied', 'LookupEvents: AccessDeniedException')
    const isAbout = ({ Resources = [], ReadOnly }: Event): boolean =>
      AttributeKey === 'ReadOnly'
        ? ReadOnly === AttributeValue
        : Resources.some(({ ResourceName }) => ResourceName === AttributeValue)
    return { Events: trail.events.filter(isAbout) }
  },
}

const withTrail = (cloud: Cloud): Cloud => ({
  ...cloud,
  api(client, place, signal) {
    if (client !== CloudTrailClient) return cloud.api(client, place, signal)
    const send = async <Input extends object, Output extends object>(
      command: SdkCommandClass<Input, Output>,
      input: Input,
    ): Promise<Output> => {
      const request: object = new command(input)
      if (!(request instanceof LookupEventsCommand)) throw new Error('not a question')
      return trail.look(input) as Output
    }
    return { place, send } as unknown as CloudApi
  },
})

let drift: DriftLab

beforeAll(async () => {
  drift = await openDriftLab({ wrapCloud: withTrail })
  await drift.lab.call('iasql_install', [['aws_sqs']])
  await drift.set('drift_interval', '5')
})
beforeEach(() => {
  trail.events = []
  trail.asked = []
  trail.isClosed = false
})
afterAll(async () => {
  await drift.close()
})

const changed = (queue: string, identity: object, agoMs = 0): Event => ({
  EventTime: new Date(Date.now() - agoMs),
  EventName: 'SetQueueAttributes',
  ReadOnly: 'false',
  Resources: [{ ResourceName: `arn:aws:sqs:us-east-1:123456789012:${queue}` }],
  CloudTrailEvent: JSON.stringify({ userIdentity: identity }),
})
const session = (role: string, name: string) => ({
  type: 'AssumedRole',
  arn: `arn:aws:sts::123456789012:assumed-role/${role}/${name}`,
})
const drifted = async (name: string): Promise<void> => {
  await drift.lab.user.run(`INSERT INTO queue (name, visibility_timeout) VALUES ('${name}', 60)`)
  await drift.lab.call('iasql_apply')
  await drift.changeInCloud(name, 45)
}
const authors = async (like: string): Promise<readonly (string | null)[]> => {
  const rows = await drift.lab.user.query<{ changed_by: string | null }>(
    `SELECT changed_by FROM iasql_drift WHERE natural_name LIKE '${like}' ORDER BY natural_name`,
  )
  return rows.map((row) => row.changed_by)
}
const notes = async (): Promise<number> => {
  const rows = await drift.lab.user.query<{ message: string }>('SELECT message FROM iasql_get_errors()')
  return rows.filter(({ message }) => message.includes('cloudtrail:LookupEvents')).length
}

test('where the trail may not be asked, nobody is named, and that is said once', async () => {
  trail.isClosed = true
  await drifted('closed')
  await drift.tick(6)
  await drift.tick(6)

  expect(await authors('closed')).toEqual([null])
  expect(await notes()).toBe(1)
  await drift.lab.call('iasql_sync')
})

test('names the latest who changed it, and not our own applies', async () => {
  await drifted('named')
  trail.events = [
    changed('named', session('iasql-writer', 'iasql,local,e7,ann'), 1_000),
    changed('named', { type: 'IAMUser', userName: 'bob' }, 60_000),
    changed('named', session('Admin', 'ann'), 30_000),
  ]
  await drift.tick(6)

  expect(await authors('named')).toEqual(['Admin/ann'])
})

test('is asked no second time of what is known', async () => {
  await drift.tick(6)

  expect(trail.asked).toEqual([])
  expect(await authors('named')).toEqual(['Admin/ann'])
})

test('a trail that is late is asked again', async () => {
  await drifted('late')
  await drift.tick(6)
  const before = await authors('late')
  trail.events = [changed('late', { type: 'Root' }, 120_000)]
  await drift.tick(6)

  expect(before).toEqual([null])
  expect(await authors('late')).toEqual(['root'])
})

test('much drift is one question about the time, and not one for each resource', async () => {
  for (let n = 1; n <= 8; n += 1) await drifted(`many-${n}`)
  trail.events = [changed('many-3', { type: 'IAMUser', userName: 'eve' }, 10_000)]
  await drift.tick(6)

  expect(trail.asked).toEqual(['ReadOnly false'])
  expect(await authors('many-%')).toEqual([null, null, 'eve', null, null, null, null, null])
})
