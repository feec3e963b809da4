/**
 * What may repeat a secret is encrypted where it is stored, under a key that is not in the database: errors, which quote the
 * statement, and rows that are shown once.
 */
import type { Json, JsonObject } from '#engine/model/json.ts'
import type { Cipher } from '../ports.ts'
import { type EncodedEvent, encodeEvent, isShownOnce } from './encode-events.ts'

/** As they are stored; what clients get stays as it is. */
export const sealEvents = (cipher: Cipher, events: readonly EncodedEvent[]): Promise<readonly string[]> =>
  Promise.all(
    events.map(async (event) => (mayQuote(event) || isShownOnce(event) ? await seal(cipher, event) : event)),
  )

const mayQuote = (event: EncodedEvent): boolean => event.startsWith('{"type":"error"')

async function seal(cipher: Cipher, event: EncodedEvent): Promise<string> {
  const { type = null, statement = null, once = false } = JSON.parse(event) as JsonObject
  const shown = { type, ...(statement === null ? {} : { statement }), ...(once ? { once } : {}) }
  return JSON.stringify({ ...shown, sealed: await cipher.encrypt(event) })
}

/** A stored event as clients get it; in place of what is shown no more, a notice of that. */
export async function openEvent(
  cipher: Cipher,
  { body, isFresh }: { readonly body: Json; readonly isFresh: boolean },
): Promise<EncodedEvent> {
  const { sealed, once, statement } = body as { sealed?: string; once?: boolean; statement?: number }
  if (once && !(isFresh && sealed)) return shownBefore(statement ?? 0)
  return sealed === undefined ? JSON.stringify(body) : await cipher.decrypt(sealed)
}

const shownBefore = (statement: number): EncodedEvent =>
  encodeEvent({
    type: 'notice',
    statement,
    message: 'a secret was shown here once and is kept no longer',
    hint: 'If nobody has it, delete what it belongs to and make another.',
  })
