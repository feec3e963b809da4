/** One tenant's topics: what is pushed to subscribers, and what retention looks for. */
import type { Tenant } from '../tenant.ts'
import type { TenantMigration } from './migration.ts'

/** The row of the topic is locked while events are appended, so that its numbers have no gaps. */
const topics = (t: string): readonly string[] => [
  `CREATE TABLE ${t}.iasql_topic (topic text PRIMARY KEY, last_seq bigint NOT NULL)`,
  `CREATE TABLE ${t}.iasql_topic_event (
    topic text NOT NULL, seq bigint NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL, body jsonb NOT NULL, PRIMARY KEY (topic, seq))`,
  `CREATE INDEX iasql_topic_event_at ON ${t}.iasql_topic_event (at)`,
  `CREATE INDEX iasql_topic_event_execution ON ${t}.iasql_topic_event ((body->>'executionId'), seq)
    WHERE topic = 'executions'`,
]

/** `commands`: what the transaction changed in the tenant's schema, so that a crash does not swallow its event. */
const commits = (t: string): readonly string[] => [
  `ALTER TABLE ${t}.iasql_commit ADD COLUMN commands jsonb`,
  `CREATE INDEX iasql_commit_at ON ${t}.iasql_commit (at)`,
]

const ends = (t: string): readonly string[] => [
  `CREATE INDEX iasql_run_ended ON ${t}.iasql_run (ended_at) WHERE ended_at IS NOT NULL`,
  `CREATE INDEX iasql_execution_ended ON ${t}.iasql_execution_record (ended_at) WHERE ended_at IS NOT NULL`,
]

export const tenantTopicsMigration: TenantMigration = {
  name: 'tenant-topics',
  version: 1,
  sql: ({ schema: t }: Tenant): readonly string[] => [...topics(t), ...commits(t), ...ends(t)],
}
