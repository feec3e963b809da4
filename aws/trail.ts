/** What CloudTrail tells of writes in one account and region: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html. */
import { CloudTrailClient, type Event, LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import type { CloudApi } from '#engine/model/cloud.ts'

export { CloudTrailClient }

export interface TrailEvent {
  readonly at: Date
  /** `ann`, or `Admin/ann` for a session of a role. */
  readonly by: string
  /** Of the session of a role; null for who is not one. */
  readonly session: string | null
  /** Names and ARNs of what it was about. */
  readonly resources: readonly string[]
}

/** The latest writes about what goes by this name; one call. */
export async function eventsAbout(api: CloudApi, name: string): Promise<readonly TrailEvent[]> {
  const { Events = [] } = await api.send(LookupEventsCommand, {
    LookupAttributes: [{ AttributeKey: 'ResourceName', AttributeValue: name }],
    MaxResults: 50,
  })
  return Events.flatMap(writeOf)
}

/** The writes since then, the latest first, from so many pages of 50 at most. */
export async function eventsSince(
  api: CloudApi,
  since: Date,
  mostPages: number,
): Promise<readonly TrailEvent[]> {
  const found: TrailEvent[] = []
  let NextToken: string | undefined
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await api.send(LookupEventsCommand, {
      LookupAttributes: [{ AttributeKey: 'ReadOnly', AttributeValue: 'false' }],
      StartTime: since,
      MaxResults: 50,
      ...(NextToken === undefined ? {} : { NextToken }),
    })
    for (const event of answer.Events ?? []) found.push(...writeOf(event))
    NextToken = answer.NextToken
    if (NextToken === undefined) return found
  }
  return found
}

function writeOf(event: Event): readonly TrailEvent[] {
  const { EventTime, Resources = [] } = event
  if (event.ReadOnly === 'true' || EventTime === undefined) return []
  const who = whoOf(event)
  if (who === undefined) return []
  const resources = Resources.flatMap(({ ResourceName }) => ResourceName ?? [])
  return [{ at: EventTime, ...who, resources }]
}

interface UserIdentity {
  readonly type?: string
  readonly userName?: string
  readonly arn?: string
  readonly invokedBy?: string
}

function whoOf({ CloudTrailEvent, Username }: Event): Pick<TrailEvent, 'by' | 'session'> | undefined {
  const { type, userName, arn = '', invokedBy } = identityOf(CloudTrailEvent)
  const [, role, session] = /:assumed-role\/([^/]+)\/(.+)$/.exec(arn) ?? []
  if (role !== undefined && session !== undefined) return { by: `${role}/${session}`, session }
  const by = type === 'Root' ? 'root' : (userName ?? Username ?? invokedBy)
  return by === undefined ? undefined : { by, session: null }
}

/** The event as JSON, which the service gives as text. */
function identityOf(text: string | undefined): UserIdentity {
  try {
    return (JSON.parse(text ?? '{}') as { readonly userIdentity?: UserIdentity }).userIdentity ?? {}
  } catch {
    return {}
  }
}
