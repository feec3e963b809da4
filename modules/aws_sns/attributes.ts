/** Attributes of topics and subscriptions: all text, and some documents are cleared by an empty one. */
import { type Json, jsonIn, textOf } from '../kit/index.ts'

export type Attributes = Readonly<Record<string, string>>

const clearedByEmpty = ['ArchivePolicy', 'FilterPolicy', 'ReplayPolicy']

export const attributeText = (name: string, value: Json): string =>
  value === null && clearedByEmpty.includes(name) ? '{}' : textOf(value)

/** An empty document says as much as none. */
export function documentIn(text: string | undefined): Json {
  const document = jsonIn(text)
  return document && Object.keys(document).length > 0 ? document : null
}
