/** Runs on a database of their own, without a socket: messages are gathered, functions are scripted. */

import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RpcDescription } from '#engine/model/rpc.ts'
import { registryOf } from '#modules/registry.ts'
import { aesCipher } from '#operations/aes-cipher.ts'
import type { Session } from '#operations/connection/session.ts'
import type { Ports } from '#operations/ports.ts'
import { rpcFunctionSql } from '#operations/rpc/binding.ts'
import type { RpcAnswer, RpcCall, RpcCatalogue } from '#operations/rpc/catalogue.ts'
import { acceptRun } from '#operations/run/accept-run.ts'
import { executeStatements, type NextStep } from '#operations/run/execute-statements.ts'
import { provisionTenant } from '#postgres/provision-tenant.ts'
import { insertConnection } from '#postgres/statements/connection-insert.ts'
import type { Tenant } from '#postgres/tenant.ts'
import type { RunOptions } from '#websocket/messages.ts'
import { type Message, type RunResult, resultsOf } from './bare-client.ts'
import { openTestDatabase, type TestDatabase } from './database.ts'
import { placed } from './placement.ts'
import { testSecretKeys } from './secret-keys.ts'

export interface ScriptedRpc extends RpcDescription {
  readonly answer: (ports: Ports, call: RpcCall) => RpcAnswer | Promise<RpcAnswer>
}

export interface RunLab {
  readonly db: TestDatabase
  readonly tenant: Tenant
  readonly ports: Ports
  readonly catalogue: RpcCatalogue
  /** Calls of scripted functions. */
  readonly calls: RpcCall[]
  /** What was posted, in order, with the connection it went to. */
  readonly posted: (Message & { connectionId: string })[]
  /** What each invocation returned. */
  readonly steps: NextStep[]
  /** Called before each message is posted. */
  onPost: (message: Message, connectionId: string) => 'sent' | 'gone' | Promise<'sent' | 'gone'>
  /** Invocations are not made; for tests that make them. */
  isPaused: boolean
  session(change?: Partial<Session>): Promise<Session>
  run(sql: string, options?: RunOptions, session?: Session): Promise<RunResult>
  finished(runId: string, connectionId?: string): Promise<RunResult>
  /** Makes a scripted function callable, as the owner does at install. */
  offer(rpc: ScriptedRpc): Promise<void>
  asOwner(sql: string): Promise<void>
  close(): Promise<void>
}

const wait = async (isOver: () => boolean, timeoutMs: number, what: () => string): Promise<void> => {
  const until = Date.now() + timeoutMs
  while (!isOver()) {
    if (Date.now() > until) throw new Error(`not in ${timeoutMs} ms: ${what()}`)
    await sleep(5)
  }
}

export async function openRunLab({ budgetMs = 600_000 } = {}): Promise<RunLab> {
  const db = await openTestDatabase()
  const offered = new Map<string, ScriptedRpc>()
  const lab = { posted: [], calls: [], steps: [], isPaused: false, onPost: () => 'sent' } as unknown as RunLab
  const catalogue: RpcCatalogue = {
    descriptions: () => [...offered.values()],
    call: async (ports, call) => {
      lab.calls.push(call)
      const rpc = offered.get(call.name)
      if (!rpc) throw new Error(`no such function ${call.name}`)
      return rpc.answer(ports, call)
    },
  }
  const invoke = async (input: { tenantId: string; runId: string }): Promise<void> => {
    for (;;) {
      const step = await executeStatements(whole, input, catalogue)
      lab.steps.push(step)
      if (step.next === 'done') return
    }
  }
  const whole: Ports = {
    dataApi: db.dataApi,
    platform: db.platform,
    cellDatabase: db.cellDatabase,
    cloud: {
      api: () => {
        throw new Error('no cloud here')
      },
      settleMs: () => 0,
    },
    modules: async () => registryOf([]),
    clock: {
      now: () => new Date(),
      sleep: (ms, signal) => sleep(ms, undefined, { signal: signal as AbortSignal }),
    },
    invoker: {
      runStatements: async (input) => {
        if (!lab.isPaused) invoke(input).catch((error) => console.error('invocation failed', error))
      },
      moveTenant: async () => undefined,
    },
    machines: { start: async () => {} },
    connections: {
      post: async (connectionId, text) => {
        const message = JSON.parse(text) as Message
        const outcome = await lab.onPost(message, connectionId)
        if (outcome === 'sent') lab.posted.push({ ...message, connectionId })
        return outcome
      },
    },
    cipher: aesCipher(randomBytes(32)),
    secretKeys: testSecretKeys(),
    secrets: db.secrets,
    log: (level, message, fields) => {
      if (level === 'error') console.error(message, fields)
    },
    defaults: { accountId: '123456789012', region: 'us-east-1', budgetMs },
  }
  const make = async ({ platform }: Ports, alias: string) =>
    provisionTenant(platform, db.secrets, { alias, database: db.databaseName })
  const { ports, tenant } = await placed(whole, await make(whole, 'local'), make)
  const open = async (change: Partial<Session> = {}): Promise<Session> => {
    const session: Session = {
      connectionId: randomUUID(),
      tenantId: tenant.id,
      subject: 'tester',
      role: 'owner',
      ...change,
    }
    await insertConnection(whole.platform, { ...session, endpoint: 'test' })
    if (ports !== whole) await insertConnection(ports.platform, { ...session, endpoint: 'test' })
    return session
  }
  const finished = async (runId: string, connectionId?: string): Promise<RunResult> => {
    const mine = () =>
      lab.posted.filter((m) => m.runId === runId && (!connectionId || m.connectionId === connectionId))
    await wait(
      () => mine().some((message) => message.type === 'done'),
      60_000,
      () => JSON.stringify(mine().at(-1)),
    )
    const messages = mine()
    return {
      runId,
      state: messages.find((message) => message.type === 'done')?.state as string,
      statements: resultsOf(messages),
      messages,
    }
  }
  return Object.assign(lab, {
    db: { ...db, platform: ports.platform },
    tenant,
    ports,
    catalogue,
    session: open,
    finished,
    run: async (sql: string, options: RunOptions = {}, session?: Session) => {
      const runId = randomUUID()
      const { connectionId } = session ?? {}
      await acceptRun(ports, session ?? (await open()), { runId, sql, options })
      return finished(runId, connectionId)
    },
    asOwner: (sql: string) =>
      ports.platform.transaction(async (transaction) => {
        await transaction.run(`SET LOCAL ROLE ${tenant.ownerRole}`)
        await transaction.run(sql)
      }),
    offer: async (rpc: ScriptedRpc) => {
      offered.set(rpc.name, rpc)
      for (const sql of rpcFunctionSql(tenant, rpc)) await lab.asOwner(sql)
    },
    close: () => db.close(),
  })
}
