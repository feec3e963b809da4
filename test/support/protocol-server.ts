/** A server that speaks the protocol and plays what a test says: for clients, without a database behind it. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ClientMessage, RunEvent } from '#websocket/messages.ts'

/** What happens between two events: the socket is lost, or nothing comes until the client cancels. */
type Step = RunEvent | 'lose the socket' | 'wait for cancel'

export interface ProtocolServer {
  readonly url: string
  readonly asked: ClientMessage[]
  close(): Promise<void>
}

interface Run {
  readonly steps: Step[]
  readonly sent: (RunEvent & { readonly runId: string; readonly seq: number })[]
  isPlaying: boolean
}

type Script = (sql: string) => readonly Step[]

/** Lets everybody in who says `Bearer good`. */
export async function startProtocolServer(script: Script): Promise<ProtocolServer> {
  const asked: ClientMessage[] = []
  const runs = new Map<string, Run>()
  const http = createServer((_, response) => response.end('ok'))
  const sockets = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, socket, head) => {
    if (request.headers.authorization !== 'Bearer good') {
      socket.end('HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => {
      client.on('message', (data) => answer(client, JSON.parse((data as Buffer).toString())))
    })
  })

  function answer(client: WebSocket, message: ClientMessage): void {
    asked.push(message)
    const send = (answered: object) => client.send(JSON.stringify(answered))
    if (message.action === 'ping') send({ type: 'pong' })
    if (message.action === 'more') send({ ...message, type: 'page', rows: [['the rest']] })
    if (message.action === 'run') {
      const known = runs.get(message.runId)
      const run = known ?? { steps: [...script(message.sql)], sent: [], isPlaying: false }
      runs.set(message.runId, run)
      play(client, message.runId, run)
    }
    const run = 'runId' in message ? runs.get(message.runId) : undefined
    if (run === undefined) return
    if (message.action === 'resume') {
      for (const sent of run.sent) if (sent.seq > message.afterSeq) send(sent)
      play(client, message.runId, run)
    }
    if (message.action === 'cancel' && run.steps[0] === 'wait for cancel') {
      run.steps.shift()
      play(client, message.runId, run)
    }
  }

  function play(client: WebSocket, runId: string, { steps, sent }: Run): void {
    while (steps.length > 0 && steps[0] !== 'wait for cancel') {
      const step = steps.shift()
      if (step === 'lose the socket') {
        client.terminate()
        return
      }
      if (step === undefined || step === 'wait for cancel') return
      const event = { ...step, runId, seq: sent.length + 1 }
      sent.push(event)
      client.send(JSON.stringify(event))
    }
  }

  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    asked,
    close: async () => {
      if (!http.listening) return
      for (const client of sockets.clients) client.terminate()
      http.close()
      http.closeAllConnections()
      await once(http, 'close')
    },
  }
}

/** Events of a run of one SELECT that succeeds. */
export function selectEvents(
  columns: Record<string, string>,
  rows: readonly (readonly (string | null)[])[],
): RunEvent[] {
  return [
    { type: 'accepted', statements: [{ kind: 'select', start: 0, end: 8, keyword: 'SELECT' }] },
    {
      type: 'columns',
      statement: 0,
      columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    },
    { type: 'rows', statement: 0, rows },
    {
      type: 'complete',
      statement: 0,
      tag: `SELECT ${rows.length}`,
      rowCount: rows.length,
      durationMs: 3,
    },
    { type: 'done', state: 'succeeded' },
  ]
}
