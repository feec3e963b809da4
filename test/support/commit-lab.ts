/** Transactions over the simulated cloud: who edits in which session, what the cloud refuses, how all of it stands. */
import { pagesBy } from '#aws/pages.ts'
import type { CloudApi } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'
import type { Json, Row } from '#engine/model/json.ts'
import { recoverExecutions } from '#operations/execution/recover-executions.ts'
import type { Cloud } from '#operations/ports.ts'
import { type LabSession, openSession } from './session.ts'
import { type KindName, kinds } from './simulated/kinds.ts'
import { openSimulatedLab, type SimulatedLab, type Worker } from './simulated/lab.ts'
import { sim } from './simulated/module.ts'
import { simulatedTables } from './simulated/shapes.ts'

type Input = { readonly Id?: string; readonly Attributes?: Readonly<Record<string, unknown>> }

export interface CommitLab extends SimulatedLab {
  /** Writes that AWS refuses from now on. */
  refuse(isRefused: (operation: string, input: Input) => boolean): void
  /** Works for the sessions; another one after it has died. */
  worker(): Worker
  session(actor?: string): Promise<LabSession>
  /** The dead are buried, and what they left is taken up until nothing is open. */
  recover(): Promise<void>
  /** Rows by `table/id`: what users have the say in, and what is planned of them. */
  tables(): Promise<Readonly<Record<string, Row>>>
  /** What stands in the cloud, its references as rows: the same for what is made again. */
  things(): Promise<readonly string[]>
  /** Reads have stopped lagging. */
  settle(): Promise<void>
  plan(): Promise<readonly string[]>
}

export interface CommitLabOptions {
  readonly seed?: number
  /** Beside the first one. */
  readonly modules?: readonly 'shapes'[]
}

export async function openCommitLab({ modules = [], ...options }: CommitLabOptions = {}): Promise<CommitLab> {
  let isRefused: (operation: string, input: Input) => boolean = () => false
  const refusing = (cloud: Cloud): Cloud => ({
    ...cloud,
    settleMs: (published) => cloud.settleMs(published),
    api: (...given) => {
      const api = cloud.api(...given)
      const send: CloudApi['send'] = async (command, input) => {
        const operation = command.name.replace(/Command$/, '')
        if (!isRefused(operation, input as Input)) return await api.send(command, input)
        throw new IasqlError('cloud/denied', `${operation} is not allowed here.`)
      }
      return { ...api, send, pages: pagesBy(send) }
    },
  })
  const lab = await openSimulatedLab({ ...options, wrapCloud: refusing })
  let worker = lab.openWorker()
  const alive = (): Worker => {
    if (worker.isDead) worker = lab.openWorker()
    return worker
  }
  await worker.call('iasql_install', [['sim', ...modules]])
  const sessions = { ...lab, call: (...given: Parameters<Worker['call']>) => alive().call(...given) }
  return {
    ...lab,
    refuse: (predicate) => {
      isRefused = predicate
    },
    worker: alive,
    session: (actor = 'ann') => openSession(sessions, actor),
    async recover() {
      await worker.kill()
      await recoverExecutions(alive().ports, { sole: true })
      for (let looks = 0; looks < 600; looks += 1) {
        const [open] = await lab.platform.query<{ n: number }>(
          `SELECT count(*) AS n FROM ${lab.tenant.schema}.iasql_execution_record WHERE ended_at IS NULL`,
        )
        if (open?.n === 0) return
        await lab.clock.sleep(2_000)
      }
      throw new Error('an execution never ends')
    },
    tables: () => readTables(lab, modules.length > 0 ? simulatedTables : sim.tables),
    things: () => readThings(lab),
    settle: () => lab.clock.sleep(100_000),
    plan: async () => {
      const rows = await alive().call('iasql_preview', [false], { actor: 'nobody' })
      return rows.map((row) => `${row.action} ${row.description}`).sort()
    },
  }
}

async function readTables(
  lab: SimulatedLab,
  tables: readonly (typeof simulatedTables)[number][],
): Promise<Readonly<Record<string, Row>>> {
  const found: Record<string, Row> = {}
  for (const { name, columns } of tables) {
    for (const row of await lab.user.query<Row>(`SELECT * FROM ${name} ORDER BY id`)) {
      const own = Object.entries(columns).filter(([, { nature }]) => nature !== 'output')
      found[`${name}/${row.id}`] = Object.fromEntries(own.map(([column]) => [column, row[column] ?? null]))
    }
  }
  return found
}

async function readThings({ platform, tenant, cloud }: SimulatedLab): Promise<readonly string[]> {
  const records = await platform.query<{ table_name: string; row_id: number; cloud_id: Row | null }>(
    `SELECT table_name, row_id, cloud_id FROM ${tenant.schema}.iasql_resource WHERE cloud_id IS NOT NULL`,
  )
  const rows = new Map(
    records.map((one) => [String(Object.values(one.cloud_id ?? {})[0]), `${one.table_name}/${one.row_id}`]),
  )
  return (Object.keys(kinds) as KindName[])
    .flatMap((kind) =>
      cloud.world.all(kind).map(({ id, attributes, thing }) => {
        const owner = thing.companionOf ? `with ${rows.get(thing.companionOf)}` : rows.get(id)
        return `${kind} ${owner}: ${JSON.stringify(named(attributes, rows))}`
      }),
    )
    .sort()
}

/** Without our tag, ids as rows, keys in order. */
function named(value: unknown, rows: ReadonlyMap<string, string>): Json {
  if (typeof value === 'string') return value.replace(/\b[a-z]{3}-[0-9a-f]{8}\b/g, (id) => rows.get(id) ?? id)
  if (Array.isArray(value)) return value.map((one) => named(one, rows))
  if (value === null || typeof value !== 'object') return value as Json
  const entries = Object.entries(value).filter(([name]) => !name.startsWith('iasql:'))
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, named(one, rows)]),
  )
}
