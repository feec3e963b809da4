/** Who an account's trail says made a change, and under which names it is asked. */
import type { Event } from '@aws-sdk/client-cloudtrail'
import { expect, test } from 'vitest'
import { eventsAbout, eventsSince } from '#aws/trail.ts'
import type { CloudApi } from '#engine/model/cloud.ts'
import { trailNames } from '#operations/drift/trail-names.ts'

const at = new Date('2026-03-01T10:00:00Z')
const event = (identity: object, more: Partial<Event> = {}): Event => ({
  EventTime: at,
  ReadOnly: 'false',
  Resources: [{ ResourceName: 'jobs' }],
  CloudTrailEvent: JSON.stringify({ userIdentity: identity }),
  ...more,
})

/** Answers with the pages in turn, and keeps what it was asked. */
function trailOf(...pages: readonly (readonly Event[])[]) {
  const asked: object[] = []
  const send = async (_command: unknown, input: object) => {
    const page = asked.push(input) - 1
    return { Events: pages[page] ?? [], ...(page + 1 < pages.length ? { NextToken: `${page}` } : {}) }
  }
  return { asked, api: { send } as unknown as CloudApi }
}

test.each([
  ['a person', { type: 'IAMUser', userName: 'ann' }, 'ann', null],
  [
    'a session of a role',
    { type: 'AssumedRole', arn: 'arn:aws:sts::123456789012:assumed-role/Admin/ann' },
    'Admin/ann',
    'ann',
  ],
  ['the root user', { type: 'Root', arn: 'arn:aws:iam::123456789012:root' }, 'root', null],
  [
    'a service',
    { type: 'AWSService', invokedBy: 'autoscaling.amazonaws.com' },
    'autoscaling.amazonaws.com',
    null,
  ],
])('names %s', async (_who, identity, by, session) => {
  const { api } = trailOf([event(identity)])

  expect(await eventsAbout(api, 'jobs')).toEqual([{ at, by, session, resources: ['jobs'] }])
})

test('leaves out reads, and events that name nobody or no time', async () => {
  const { api } = trailOf([
    event({ userName: 'ann' }, { ReadOnly: 'true' }),
    event({}),
    event({ userName: 'ann' }, { EventTime: undefined }),
    event({}, { CloudTrailEvent: 'no JSON', Username: 'bob' }),
  ])

  expect(await eventsAbout(api, 'jobs')).toMatchObject([{ by: 'bob' }])
})

test('reads pages until there are no more, or it was enough', async () => {
  const pages = [[event({ userName: 'ann' })], [event({ userName: 'bob' })], [event({ userName: 'eve' })]]
  const [whole, part] = [trailOf(...pages), trailOf(...pages)]

  expect((await eventsSince(whole.api, at, 20)).map(({ by }) => by)).toEqual(['ann', 'bob', 'eve'])
  expect((await eventsSince(part.api, at, 2)).map(({ by }) => by)).toEqual(['ann', 'bob'])
  expect(whole.asked[1]).toMatchObject({ NextToken: '0', StartTime: at })
})

test.each([
  [{ arn: null, cloud_id: { vpc_id: 'vpc-1' }, natural_name: 'main' }, ['vpc-1', 'main']],
  [
    { arn: 'arn:q', cloud_id: { queue_url: 'https://sqs/123456789012/jobs' }, natural_name: 'jobs' },
    ['arn:q', 'jobs'],
  ],
  [{ arn: null, cloud_id: { name: 'x' }, natural_name: null }, ['x']],
])('asks for %o by its ARN, its ids and its name', (resource, names) => {
  expect(trailNames(resource)).toEqual(names)
})
