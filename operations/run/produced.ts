/** What a statement has brought about, before its transaction ends. */
import type { EncodedEvent } from '../events/encode-events.ts'
import type { TransactionEnd } from './tenant-transaction.ts'

export interface Produced extends TransactionEnd {
  readonly tag: string
  readonly rowCount: number
  readonly events: readonly EncodedEvent[]
  readonly cursor?: string | undefined
  readonly isTruncated?: boolean
}
