/** The next page of a result that was cut at `maxRows`. */
import { IasqlError } from '#engine/model/error.ts'
import type { Json } from '#engine/model/json.ts'
import { readRunPage } from '#postgres/statements/run-page.ts'
import type { PageMessage } from '#websocket/messages.ts'
import type { Session } from '../connection/session.ts'
import type { Ports } from '../ports.ts'
import { loadTenant } from '../tenant/load-tenant.ts'

export interface PageRequest {
  readonly runId: string
  readonly statement: number
  /** From `complete` or the page before. */
  readonly cursor: string
}

/** @throws IasqlError `protocol/unknown-run` when nothing of theirs is stored under this run, statement and cursor. */
export async function moreRows(ports: Ports, session: Session, request: PageRequest): Promise<void> {
  const tenant = await loadTenant(ports, session.tenantId)
  const { runId, statement, cursor } = request
  const place = /^\d{1,9}$/.test(cursor) ? Number(cursor) : 0
  for (let part = 0, parts = 1; part < parts; part++) {
    const page = await readRunPage(ports.platform, tenant, {
      runId,
      actor: session.subject,
      statement,
      place,
      part,
    })
    if (!page)
      throw new IasqlError(
        'protocol/unknown-run',
        'There is no such page of rows, or it is not kept any more.',
      )
    parts = page.parts
    const message = pageMessage(request, {
      ...page,
      part,
      next: page.has_next ? String(place + 1) : undefined,
    })
    if ((await ports.connections.post(session.connectionId, JSON.stringify(message))) === 'gone') return
  }
}

interface Page {
  readonly body: Json
  readonly part: number
  readonly parts: number
  readonly next: string | undefined
}

const pageMessage = (
  { runId, statement, cursor }: PageRequest,
  { body, part, parts, next }: Page,
): PageMessage => {
  const head = { type: 'page', runId, statement, cursor } as const
  const tail = next === undefined ? {} : { next }
  return typeof body === 'string'
    ? { ...head, part, parts, text: body, ...tail }
    : { ...head, rows: body as readonly (readonly (string | null)[])[], ...tail }
}
