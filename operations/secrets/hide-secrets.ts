/** What AWS says when it refuses a call may repeat what it was sent: no error leaves the call with a secret in it. */
import { IasqlError } from '#engine/model/error.ts'
import type { OpenedSecrets } from './open-secrets.ts'

const hidden = '…'
/** Characters. A shorter value is part of too many words to be cut out of them. */
const fewestCut = 6

/** The value as it may stand in a text: as it is, inside JSON, inside an address; and what it holds if it is JSON itself. */
function formsOf(value: string): readonly string[] {
  const parts = [value, ...leavesOf(value).filter(({ length }) => length >= fewestCut)]
  const forms = parts.flatMap((part) => [
    part,
    JSON.stringify(part).slice(1, -1),
    JSON.stringify(JSON.stringify(part).slice(1, -1)).slice(1, -1),
    encodeURIComponent(part),
    Buffer.from(part).toString('base64'),
  ])
  return forms.filter((form) => form !== '')
}

function leavesOf(value: string): readonly string[] {
  try {
    const leaves: string[] = []
    JSON.parse(value, (_, item: unknown) => {
      if (typeof item === 'string' || typeof item === 'number') leaves.push(String(item))
      return item
    })
    return leaves
  } catch {
    return []
  }
}

/** Cuts the secrets out of a text; a text with one too short to be cut is hidden whole. */
export function hideIn(text: string, secrets: Iterable<string>): string {
  let shown = text
  const forms = new Set([...secrets].flatMap(formsOf))
  // One may be a part of another.
  for (const form of [...forms].sort((a, b) => b.length - a.length)) {
    if (!shown.includes(form)) continue
    if (form.length < fewestCut) return `${hidden} (hidden, since a secret may be in it)`
    shown = shown.replaceAll(form, hidden)
  }
  return shown
}

/** The error without the values; what AWS sent itself does not go along with it. */
export function hideSecrets(error: IasqlError, opened: OpenedSecrets): IasqlError {
  if (opened.size === 0) return error
  const hide = (text: string): string => hideIn(text, opened.values())
  const { code, sqlstate, message, detail, hint, position, awsRequestId, refusal, resource } = error
  return new IasqlError(code, hide(message), {
    sqlstate,
    hint: hide(hint),
    ...(detail === undefined ? {} : { detail: hide(detail) }),
    ...(position === undefined ? {} : { position }),
    ...(awsRequestId === undefined ? {} : { awsRequestId }),
    ...(refusal === undefined ? {} : { refusal: { ...refusal, message: hide(refusal.message) } }),
    ...(resource === undefined ? {} : { resource }),
  })
}
