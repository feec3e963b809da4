/** A tenant with things: statements, applies and syncs in short words, and what people were told. */
import type { Row } from '#engine/model/json.ts'
import { openTenantLab, type TenantLab } from './tenant-lab.ts'
import { ThingCloud } from './thing-cloud.ts'

export interface ThingLab {
  readonly lab: TenantLab
  readonly cloud: ThingCloud
  sql(text: string): Promise<readonly Row[]>
  /** One column of the thing of this name. */
  value(name: string, column: string): Promise<unknown>
  preview(): Promise<readonly Row[]>
  apply(): Promise<readonly Row[]>
  sync(): Promise<readonly Row[]>
  /** Fails unless table and cloud agree, before and after a sync. */
  isSettled(): Promise<{ readonly plan: readonly Row[]; readonly sync: readonly Row[] }>
  /** What was told since this was asked last, by executions and to statements. */
  notices(): Promise<string>
}

export async function openThingLab(): Promise<ThingLab> {
  const cloud = new ThingCloud()
  const lab = await openTenantLab({ modules: cloud.registry(), log: () => undefined })
  await lab.call('iasql_install', [['things']])
  const { schema } = lab.tenant
  const tellers = [
    `SELECT body->>'message' AS message FROM ${schema}.iasql_event WHERE kind = 'notice' ORDER BY execution_id, seq`,
    `SELECT message FROM ${schema}.iasql_notice ORDER BY xid, ordinal`,
  ]
  const told = tellers.map(() => 0)
  return {
    lab,
    cloud,
    sql: (text) => lab.user.query<Row>(text),
    async value(name, column) {
      const [row] = await lab.user.query<Row>(`SELECT ${column} AS value FROM thing WHERE name = '${name}'`)
      return row?.value
    },
    preview: () => lab.call('iasql_preview'),
    apply: () => lab.call('iasql_apply'),
    sync: () => lab.call('iasql_sync'),
    async isSettled() {
      const before = await lab.call('iasql_preview')
      const sync = await lab.call('iasql_sync')
      return { plan: [...before, ...(await lab.call('iasql_preview'))], sync }
    },
    async notices() {
      const news: string[] = []
      for (const [index, sql] of tellers.entries()) {
        const rows = await lab.ports.platform.query<{ message: string }>(sql)
        news.push(...rows.slice(told[index]).map(({ message }) => message))
        told[index] = rows.length
      }
      return news.join('\n')
    },
  }
}
