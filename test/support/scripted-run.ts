/** A stand-in for runs behind a real gateway: stored events, posted on `run` and again from where a client resumes. */

import type { GatewayHandlers } from '#local/gateway/handlers.ts'
import { decodeClientMessage } from '#websocket/codec.ts'
import type { ClientMessage, RunEvent, RunMessage } from '#websocket/messages.ts'
import type { TestGateway } from './gateway.ts'

export interface ScriptedRun {
  readonly message: GatewayHandlers['message']
  readonly asked: ClientMessage[]
  /** Set once the gateway stands. */
  gateway?: TestGateway
  /** Called before each event is posted; false leaves it out, as if it had been lost on the way. */
  onPost: (message: RunMessage, connectionId: string) => boolean | Promise<boolean>
}

export const rowsEvent = (index: number, bytes = 10): RunEvent => ({
  type: 'rows',
  statement: 0,
  rows: [[String(index), 'x'.repeat(bytes)]],
})

export function scriptedRun(events: readonly RunEvent[]): ScriptedRun {
  const script: ScriptedRun = {
    asked: [],
    onPost: () => true,
    message: async ({ body = '', requestContext: { connectionId } }) => {
      const decoded = decodeClientMessage(body)
      if (decoded.kind === 'bad') throw new Error(decoded.message)
      script.asked.push(decoded.message)
      void play(decoded.message, connectionId)
      return { statusCode: 200 }
    },
  }
  const play = async (message: ClientMessage, connectionId: string): Promise<void> => {
    if (message.action === 'ping') await post(connectionId, { type: 'pong' })
    if (message.action !== 'run' && message.action !== 'resume') return
    const from = message.action === 'resume' ? message.afterSeq : 0
    for (let index = from; index < events.length; index += 1) {
      const event = events[index]
      if (!event) return
      const out = { ...event, runId: message.runId, seq: index + 1 }
      if (!(await script.onPost(out, connectionId))) continue
      if ((await post(connectionId, out)) === 'gone') return
    }
  }
  const post = async (connectionId: string, message: object): Promise<string> =>
    (await script.gateway?.connections
      .post(connectionId, JSON.stringify(message))
      // The gateway may have been closed under a run that is being played.
      .catch(() => 'gone')) ?? 'gone'
  return script
}
