/** Many clients at once, each sending one run after the other and checking every event of it as it comes. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { Message } from './bare-client.ts'

export interface CrowdMember {
  readonly tenant: string
  readonly token: string
  readonly clients: number
}

export interface CrowdOptions {
  readonly url: string
  readonly members: readonly CrowdMember[]
  /** Asked before each run of a client, which has sent so many. */
  readonly goesOn: (sent: number) => boolean
}

export interface CrowdReport {
  /** Milliseconds from sending a run until its end was told, by tenant. */
  readonly latencies: ReadonlyMap<string, number[]>
  readonly runs: number
  readonly events: number
  /** What was lost, repeated, out of order or wrong, in words. */
  readonly violations: readonly string[]
  /** Rows that were told to be inserted, by tenant. */
  readonly inserted: ReadonlyMap<string, number>
}

interface Work {
  readonly sql: string
  /** All rows of the run, as text; or the SQLSTATE it fails with. */
  readonly expected: readonly string[] | string
  readonly inserts?: number
}

const series = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n + 1))

/** Of the kinds that a working day has, in turn: reads, writes, scripts, long results, mistakes, functions. */
export const workOf = (client: number, turn: number): Work => {
  const value = `${client}-${turn}`
  const kinds: readonly Work[] = [
    { sql: 'SELECT n FROM generate_series(1, 50) n', expected: series(50) },
    {
      sql: `INSERT INTO crowd (client, turn) VALUES (${client}, ${turn}) RETURNING client || '-' || turn`,
      expected: [value],
      inserts: 1,
    },
    { sql: `SELECT 1; SELECT '${value}'; SELECT 3`, expected: ['1', value, '3'] },
    {
      sql: `BEGIN; INSERT INTO crowd (client, turn) VALUES (${client}, ${turn}); COMMIT`,
      expected: [],
      inserts: 1,
    },
    { sql: 'SELECT 1 / 0', expected: '22012' },
    { sql: "SELECT n, repeat('x', 200) FROM generate_series(1, 1500) n", expected: series(1500) },
    { sql: 'SELECT count(*) FROM iasql_plan', expected: ['0'] },
    { sql: `SELECT count(*) FROM crowd WHERE client = ${client} AND turn > ${turn}`, expected: ['0'] },
  ]
  return kinds[(client + turn) % kinds.length] as Work
}

export const crowdTable = 'CREATE TABLE crowd (client int, turn int, PRIMARY KEY (client, turn))'

class CrowdClient {
  readonly violations: string[] = []
  events = 0
  readonly #socket: WebSocket
  /** The last number of the run that is open. */
  #open:
    | { readonly runId: string; seq: number; rows: string[]; error?: string; ended: () => void }
    | undefined

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => this.#receive(JSON.parse(String(data)) as Message))
    socket.on('close', (code) => {
      this.#fail(`closed with ${code}`)
      this.#open?.ended()
    })
  }

  static async open(url: string, token: string): Promise<CrowdClient> {
    const socket = new WebSocket(url, 'iasql.v1', { headers: { Authorization: `Bearer ${token}` } })
    await once(socket, 'open')
    return new CrowdClient(socket)
  }

  async run({ sql, expected }: Work): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const run = { runId: randomUUID(), seq: 0, rows: [] as string[], ended: resolve }
    this.#open = run
    this.#socket.send(JSON.stringify({ action: 'run', runId: run.runId, sql }))
    await promise
    const got = this.#open?.error ?? run.rows
    this.#open = undefined
    if (JSON.stringify(got) !== JSON.stringify(expected))
      this.#fail(`${sql} gave ${JSON.stringify(got).slice(0, 200)}`)
  }

  close(): void {
    this.#socket.removeAllListeners('close')
    this.#socket.close()
  }

  #fail(what: string): void {
    this.violations.push(what)
  }

  #receive(message: Message): void {
    const run = this.#open
    if (!run || message.runId !== run.runId) {
      this.#fail(`${message.type} of a run that is over: ${JSON.stringify(message).slice(0, 200)}`)
      return
    }
    this.events += 1
    if (message.seq !== run.seq + 1) this.#fail(`${message.type} is ${message.seq} after ${run.seq}`)
    run.seq = message.seq ?? run.seq
    if (message.type === 'rows')
      for (const [first] of message.rows as string[][]) run.rows.push(String(first))
    if (message.type === 'reset') run.rows = []
    if (message.type === 'error') run.error = (message.error as { sqlstate: string }).sqlstate
    if (message.type === 'done') run.ended()
  }
}

/** Resolves when every client has had its last answer. */
export async function runCrowd({ url, members, goesOn }: CrowdOptions): Promise<CrowdReport> {
  const latencies = new Map<string, number[]>(members.map(({ tenant }) => [tenant, []]))
  const inserted = new Map<string, number>(members.map(({ tenant }) => [tenant, 0]))
  const clients: CrowdClient[] = []
  const live = async ({ tenant, token }: CrowdMember, number: number): Promise<void> => {
    const client = await CrowdClient.open(url, token)
    clients.push(client)
    for (let turn = 0; goesOn(turn) && client.violations.length === 0; turn++) {
      const work = workOf(number, turn)
      const startedAt = performance.now()
      await client.run(work)
      latencies.get(tenant)?.push(performance.now() - startedAt)
      inserted.set(tenant, (inserted.get(tenant) ?? 0) + (work.inserts ?? 0))
    }
  }
  const each = members.flatMap((member) => Array.from({ length: member.clients }, () => member))
  await Promise.all(each.map(live))
  for (const client of clients) client.close()
  return {
    latencies,
    inserted,
    runs: [...latencies.values()].reduce((sum, { length }) => sum + length, 0),
    events: clients.reduce((sum, { events }) => sum + events, 0),
    violations: clients.flatMap(({ violations }) => violations),
  }
}
