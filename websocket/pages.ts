/** Pages of results that were cut at `maxRows`, asked for one by one. */
import { ClientError } from './client-error.ts'
import type { ClientMessage, PageMessage, RefusalMessage } from './messages.ts'

export interface Page {
  readonly rows: readonly (readonly (string | null)[])[]
  /** Cursor of the page after this one; absent on the last. */
  readonly next?: string
}

export interface Pages {
  ask(runId: string, statement: number, cursor: string): Promise<Page>
  receive(message: PageMessage): void
  refused(message: RefusalMessage): void
  /** Asks again for all that has not come: after a new socket, or a failure of the gateway. */
  begin(): void
  end(error: ClientError): void
}

interface Wanted {
  readonly message: ClientMessage & { readonly action: 'more' }
  readonly answer: PromiseWithResolvers<Page>
  pieces: string[]
}

export function openPages(send: (message: ClientMessage) => void): Pages {
  const wanted = new Map<string, Wanted>()
  const keyOf = (page: { runId: string; statement: number; cursor: string }): string =>
    `${page.runId} ${page.statement} ${page.cursor}`

  return {
    ask: (runId, statement, cursor) => {
      const message = { action: 'more', runId, statement, cursor } as const
      const known = wanted.get(keyOf(message))
      if (known) return known.answer.promise
      const answer = Promise.withResolvers<Page>()
      wanted.set(keyOf(message), { message, answer, pieces: [] })
      send(message)
      return answer.promise
    },
    receive: (page) => {
      const entry = wanted.get(keyOf(page))
      if (!entry) return
      if ('part' in page) {
        entry.pieces[page.part] = page.text
        if (Object.keys(entry.pieces).length < page.parts) return
      }
      const rows = 'part' in page ? [JSON.parse(entry.pieces.join(''))] : page.rows
      wanted.delete(keyOf(page))
      entry.answer.resolve(page.next === undefined ? { rows } : { rows, next: page.next })
    },
    refused: ({ runId, error }) => {
      for (const [key, { message, answer }] of wanted) {
        if (message.runId !== runId) continue
        wanted.delete(key)
        answer.reject(new ClientError('client/rejected', error.message, error))
      }
    },
    begin: () => {
      for (const entry of wanted.values()) {
        entry.pieces = []
        send(entry.message)
      }
    },
    end: (error) => {
      for (const { answer } of wanted.values()) answer.reject(error)
      wanted.clear()
    },
  }
}
