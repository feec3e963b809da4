/** Follows a list to its end, whatever the service calls its token. */
import type { CloudApi } from '#engine/model/cloud.ts'
import { IasqlError } from '#engine/model/error.ts'

/** The lists of an API whose every call goes through `send`. */
export const pagesBy = (send: CloudApi['send']): CloudApi['pages'] =>
  async function* (command, input, items) {
    for await (const page of pagesOf(input, (next) => send(command, next))) yield* items(page) ?? []
  }

type Bag = Readonly<Record<string, unknown>>

/** Output field → input field that takes it back, in the order of trust. */
const tokens: readonly (readonly [string, string])[] = [
  ['NextToken', 'NextToken'],
  ['nextToken', 'nextToken'],
  ['NextMarker', 'Marker'],
  ['NextContinuationToken', 'ContinuationToken'],
  ['ContinuationToken', 'ContinuationToken'],
  ['PaginationToken', 'PaginationToken'],
  ['Marker', 'Marker'],
  ['marker', 'marker'],
]

/** Yields every page; throws when AWS says there is more but not how to get it, for a cut list would look like absence. */
export async function* pagesOf<Input extends object, Output extends object>(
  input: Input,
  send: (input: Input) => Promise<Output>,
): AsyncIterable<Output> {
  let page = await send(input)
  let previous: string | undefined
  for (;;) {
    yield page
    const next = nextOf(page as Bag)
    if (next === undefined) return
    if (next.token === previous) throw cut('the same page token came twice')
    previous = next.token
    page = await send({ ...input, [next.field]: next.token })
  }
}

function nextOf(page: Bag): { field: string; token: string } | undefined {
  const isTruncated = page.IsTruncated ?? page.Truncated
  if (isTruncated === false) return undefined
  for (const [from, field] of tokens) {
    const token = page[from]
    if (typeof token === 'string' && token !== '') return { field, token }
  }
  if (isTruncated === true) throw cut('the list is truncated and has no page token')
  return undefined
}

const cut = (why: string): IasqlError =>
  new IasqlError('cloud/unknown-outcome', `A list could not complete: ${why}.`)
